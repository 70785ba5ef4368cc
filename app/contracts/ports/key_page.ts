/**
 * The staff page of the object that a message key names, such as an order; null for keys that the module
 * does not know. Each module contributes one to the operators' pages.
 */
export type KeyPage = (key: string) => string | null
