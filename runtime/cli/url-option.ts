import { Option } from "commander";

import { defaultHost, defaultPort } from "./runtime-options.js";

/** The server that a command asks. */
export const makeUrlOption = () =>
  new Option("--url <url>", "the server").default(`http://${defaultHost}:${defaultPort}`).env("STEPWRIGHT_URL");
