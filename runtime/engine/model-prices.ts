/**
 * What a million tokens cost, in USD: [input, output]. The list prices of November 2026 for what is used most; a model that
 * is not here has no estimate.
 */
const prices: Readonly<Record<string, readonly [input: number, output: number]>> = {
  "claude-fable-5": [10, 50],
  "claude-haiku-4-5": [1, 5],
  "claude-mythos-5": [10, 50],
  "claude-opus-4-1": [15, 75],
  "claude-opus-4-5": [5, 25],
  "claude-opus-4-6": [5, 25],
  "claude-opus-4-7": [5, 25],
  "claude-opus-4-8": [5, 25],
  "claude-opus-5": [5, 25],
  "claude-sonnet-4-5": [3, 15],
  "claude-sonnet-4-6": [3, 15],
  "claude-sonnet-5": [2, 10],
  "deepseek-chat": [0.28, 0.42],
  "deepseek-reasoner": [0.28, 0.42],
  "deepseek-v4-flash": [0.14, 0.28],
  "deepseek-v4-pro": [0.435, 0.87],
  "gemini-2.0-flash": [0.1, 0.4],
  "gemini-2.0-flash-lite": [0.075, 0.3],
  "gemini-2.5-flash": [0.3, 2.5],
  "gemini-2.5-flash-lite": [0.1, 0.4],
  "gemini-2.5-pro": [1.25, 10],
  "gemini-3.1-flash-lite": [0.25, 1.5],
  "gemini-3.5-flash": [1.5, 9],
  "gemini-3.5-flash-lite": [0.3, 2.5],
  "gemini-3.6-flash": [1.5, 7.5],
  "gpt-4.1": [2, 8],
  "gpt-4.1-mini": [0.4, 1.6],
  "gpt-4.1-nano": [0.1, 0.4],
  "gpt-4o": [2.5, 10],
  "gpt-4o-mini": [0.15, 0.6],
  "gpt-5": [1.25, 10],
  "gpt-5-chat": [1.25, 10],
  "gpt-5-mini": [0.25, 2],
  "gpt-5-nano": [0.05, 0.4],
  "gpt-5-pro": [15, 120],
  "gpt-5.1": [1.25, 10],
  "gpt-5.2": [1.75, 14],
  "gpt-5.2-pro": [21, 168],
  "gpt-5.4": [2.5, 15],
  "gpt-5.4-mini": [0.75, 4.5],
  "gpt-5.4-nano": [0.2, 1.25],
  "gpt-5.4-pro": [30, 180],
  "gpt-5.5": [5, 30],
  "gpt-5.5-pro": [30, 180],
  "gpt-5.6": [5, 30],
  "gpt-5.6-luna": [0.2, 1.2],
  "gpt-5.6-sol": [5, 30],
  "gpt-5.6-terra": [2, 12],
  o1: [15, 60],
  "o1-pro": [150, 600],
  o3: [2, 8],
  "o3-mini": [1.1, 4.4],
  "o3-pro": [20, 80],
  "o4-mini": [1.1, 4.4],
};

const byModel = new Map(Object.entries(prices));

/**
 * In USD, rounded to a millionth; null where the price is not known. A version of a model costs what the model does.
 *
 * @example estimateCost("gpt-5.4-nano-2026-03-17", 1_000_000, 0) // 0.2
 */
export function estimateCost(model: string, inputTokens: number, outputTokens: number): number | null {
  for (let name = model.toLowerCase(); name !== ""; name = name.slice(0, Math.max(name.lastIndexOf("-"), 0))) {
    const price = byModel.get(name);
    if (price) return Math.round(inputTokens * price[0] + outputTokens * price[1]) / 1e6;
  }
  return null;
}
