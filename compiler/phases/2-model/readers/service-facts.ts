/** What is known of calls of services and databases, as data: those that must not be made twice, and those without end. */

export interface KeyedCall {
  readonly modules: readonly string[];
  /** Paths below the client: `paymentIntents.create`. */
  readonly calls: readonly string[];
  /** Names under which a key can be given, in an object among the arguments. */
  readonly keys: readonly string[];
  /** How to give one. */
  readonly example: string;
}

/** Calls that do their work again when they are repeated, unless they are given a key. */
export const keyedCalls: readonly KeyedCall[] = [
  {
    modules: ["stripe"],
    calls: [
      "charges.create",
      "charges.capture",
      "paymentIntents.create",
      "paymentIntents.confirm",
      "paymentIntents.capture",
      "refunds.create",
      "transfers.create",
      "payouts.create",
      "customers.create",
      "customers.createBalanceTransaction",
      "subscriptions.create",
      "subscriptionItems.create",
      "invoices.create",
      "invoices.pay",
      "invoiceItems.create",
      "checkout.sessions.create",
      "coupons.create",
      "promotionCodes.create",
      "prices.create",
      "products.create",
    ],
    keys: ["idempotencyKey"],
    example: "`{ idempotencyKey: … }` as the last argument",
  },
  {
    modules: ["resend"],
    calls: ["emails.send", "batch.send"],
    keys: ["idempotencyKey"],
    example: "`{ idempotencyKey: … }` as the second argument",
  },
  {
    modules: ["square"],
    calls: ["payments.create", "refunds.refundPayment", "paymentsApi.createPayment", "refundsApi.refundPayment"],
    keys: ["idempotencyKey"],
    example: "`idempotencyKey` in the request",
  },
];

/** Reads of many rows by what they are called; the settings that bound them. */
export const unboundedReads: ReadonlyMap<string, readonly string[]> = new Map([
  ["findMany", ["take", "limit", "first"]],
]);
