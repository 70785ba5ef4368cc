/*
 * Every problem that the API answers with, for people: the pages at /problems/<code> and the API's
 * documentation are made of this. `Problem` takes no other codes, and each with its own status only.
 */
export interface ProblemKind {
  status: number
  /** What is wrong, in some words. */
  title: string
  /** How it comes to that: whole sentences. */
  cause: string
  /** What the caller does about it: whole sentences. */
  remedy: string
}

/** In the order of their status. */
export const problemCatalogue = {
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key has the wrong form',
    cause:
      'The Idempotency-Key is longer than 255 characters, or holds a blank or a character beyond ASCII.',
    remedy: 'Send 1 to 255 visible ASCII characters. A UUID is a good key.',
  },
  idempotency_key_missing: {
    status: 400,
    title: 'The Idempotency-Key is missing',
    cause:
      'This request must not take effect twice, and it came without an Idempotency-Key to tell a repetition by.',
    remedy:
      'Make a new key for each new request, for example a UUID. Send the same key when you repeat the request because no answer came.',
  },
  if_match_malformed: {
    status: 400,
    title: 'If-Match has the wrong form',
    cause: 'If-Match is not one ETag as we give it, nor *.',
    remedy:
      'Send the ETag of the answer in which you read the thing, with its quotation marks: If-Match: "3".',
  },
  last_event_id_invalid: {
    status: 400,
    title: 'The Last-Event-ID is not of this stream',
    cause:
      'The stream was resumed from an event that it never gave: the id is of another stream, or was changed. To go on from there would leave a gap that nobody notices.',
    remedy:
      'Connect without Last-Event-ID, read what you follow once, and go on with the ids of the new stream.',
  },
  malformed_address: {
    status: 400,
    title: 'The address cannot be read',
    cause: 'The address has percent-encoded bytes that are no UTF-8.',
    remedy:
      'Write the address in UTF-8 before you percent-encode it. Most HTTP libraries do that by themselves.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not JSON',
    cause: 'The body was cut off, or is not JSON, or is neither an object nor a list.',
    remedy: 'Let a JSON library write the body, and send all of it.',
  },
  token_in_query: {
    status: 400,
    title: 'An access token stands in the address',
    cause:
      'The access token was sent in the query string. Addresses are kept in logs and histories, so others may know the token by now.',
    remedy:
      'Revoke the token, and send the new one in the header "Authorization: Bearer …". For a stream in a browser there are stream tickets.',
  },
  ticket_invalid: {
    status: 401,
    title: 'The stream ticket is not valid',
    cause:
      'The ticket has expired, was changed, or belongs to another stream. It also ends with the access token that it was made with.',
    remedy: 'Ask for a new ticket for this stream, and connect with it.',
  },
  token_invalid: {
    status: 401,
    title: 'The access token is not valid',
    cause: 'The access token has expired, was revoked, or was not copied whole.',
    remedy:
      'Log in again with POST /api/v1/tokens. A service gets a new token from whoever runs this shop.',
  },
  token_missing: {
    status: 401,
    title: 'The access token is missing',
    cause: 'This address is only for those who are signed in, and the request names nobody.',
    remedy:
      'Log in with POST /api/v1/tokens, and send the token in the header "Authorization: Bearer …".',
  },
  wrong_credentials: {
    status: 401,
    title: 'The e-mail or the password is wrong',
    cause:
      'There is no account with this e-mail and this password. Which of the two is wrong is not told, so that nobody can find out who has an account.',
    remedy:
      'Check both and try again. After ten wrong passwords a log-in waits for a quarter of an hour.',
  },
  not_your_account: {
    status: 403,
    title: 'Customers order for themselves',
    cause: 'A customer named another account in customerId.',
    remedy: 'Leave customerId out. Staff and services may order for others.',
  },
  price_not_yours: {
    status: 403,
    title: 'Only services set prices',
    cause: 'A line has a unitPrice, and the caller is no service.',
    remedy:
      'Leave unitPrice out, and the line gets today’s price. With expectedTotal you can make sure of the sum.',
  },
  role_not_allowed: {
    status: 403,
    title: 'Your role may not do this',
    cause: 'You are signed in, but this address is for other roles.',
    remedy:
      'Sign in as somebody who may; the detail names the roles. An administrator makes such accounts.',
  },
  sign_up_closed: {
    status: 403,
    title: 'This shop makes the accounts itself',
    cause: 'Signing up is switched off here.',
    remedy: 'Ask the shop for an account.',
  },
  no_such_address: {
    status: 404,
    title: 'There is nothing at this address',
    cause: 'No address of the API looks like this one.',
    remedy: 'Check the path for typing errors. The API begins with /api/v1.',
  },
  not_found: {
    status: 404,
    title: 'There is no such thing',
    cause: 'It does not exist, or it is somebody else’s: an answer does not tell which.',
    remedy: 'Check the id or SKU, and as whom you are signed in.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This address does not take this method',
    cause: 'There is something at this address, but it is reached with other methods.',
    remedy: 'Use one of the methods that the header Allow names.',
  },
  barcode_taken: {
    status: 409,
    title: 'The barcode belongs to another product',
    cause:
      'A barcode names one product. A UPC-A of 12 digits is the same as the EAN-13 with a 0 before it.',
    remedy: 'Take the barcode from the other product first; the detail names it.',
  },
  own_access: {
    status: 409,
    title: 'Nobody takes the access from themselves',
    cause:
      'An administrator would have disabled the own account, or given up the role. There must be one, and a mistake here could be mended by others only.',
    remedy: 'Let another administrator do it.',
  },
  email_taken: {
    status: 409,
    title: 'There is an account with this e-mail',
    cause: 'Each e-mail has one account, in capital letters or small ones.',
    remedy: 'Log in instead, or sign up with another e-mail.',
  },
  already_reversed: {
    status: 409,
    title: 'Undone already',
    cause: 'A movement can be undone once, and somebody has done that: reversedBy names the undo.',
    remedy: 'Read the ledger. To have the effect again, do the thing again.',
  },
  not_reversible: {
    status: 409,
    title: 'This movement cannot be undone',
    cause:
      'Restocks, adjustments and counts can be undone. What an order moved, an undo itself, and a count that changed nothing cannot.',
    remedy: 'Change or cancel the order, or record what is true now by an adjustment or a count.',
  },
  import_not_ready: {
    status: 409,
    title: 'The import is not ready',
    cause:
      'Only a dry run that is ready can be applied or dropped: this one is still read, has failed, or was dropped or undone.',
    remedy: 'Read the import: status says how it stands, error why it has failed.',
  },
  import_not_applied: {
    status: 409,
    title: 'The import was not applied',
    cause: 'Only what was applied, to its end, can be undone.',
    remedy: 'Read the import: status says how it stands. A dry run has changed nothing.',
  },
  receipt_not_open: {
    status: 409,
    title: 'The receipt is not open',
    cause: 'Only a receipt that holds something and is still scanned can be applied or discarded.',
    remedy: 'Open the scan page: it shows the receipt that you are at.',
  },
  receipt_moved: {
    status: 409,
    title: 'The tally has changed',
    cause:
      'Something was scanned or corrected after the receipt was looked over, perhaps in another browser.',
    remedy: 'Look it over once more, and then apply it.',
  },
  part_of_import: {
    status: 409,
    title: 'Part of an import',
    cause: 'The movement belongs to an import or a receipt, whose movements are undone together.',
    remedy: 'Undo the import that importId names, or adjust the one product.',
  },
  reserved_exceeds: {
    status: 409,
    title: 'Orders hold more than would be left',
    cause:
      'With this change fewer pieces would be on hand than orders hold; holders names the newest of these orders.',
    remedy: 'Cancel or change orders until enough is free, then send it again.',
  },
  sku_taken: {
    status: 409,
    title: 'The SKU is listed already',
    cause: 'A product with this SKU was to be listed anew, and there is one.',
    remedy: 'Choose another SKU, or change the product that is there.',
  },
  stock_moved: {
    status: 409,
    title: 'The stock has moved since the count began',
    cause: 'On hand is no longer what expectedOnHand says: movement is what has changed it last.',
    remedy: 'Count again, or decide that the count still holds and send it with the onHand of now.',
  },
  on_hand_too_large: {
    status: 409,
    title: 'More than a shelf can hold',
    cause: 'With this change on hand would go above 2,000,000,000 pieces.',
    remedy: 'Check the quantity. If it is right, count the product under several SKUs.',
  },
  order_not_confirmed: {
    status: 409,
    title: 'The order is not confirmed',
    cause:
      'The stock room has not yet answered whether it holds the lines, so there is nothing to send off.',
    remedy:
      'Wait until the order is confirmed, then fulfil it. An answer usually takes less than a second.',
  },
  order_not_open: {
    status: 409,
    title: 'The order is closed',
    cause:
      'The order was rejected, cancelled or fulfilled. Nothing of it can be changed after that.',
    remedy:
      'Place a new order. The answer says in which state this one is, and what it still allows.',
  },
  price_changed: {
    status: 409,
    title: 'The total is another one today',
    cause:
      'The order came with an expectedTotal, and with today’s prices it costs something else. It was not placed.',
    remedy:
      'Show the lines and the total of this answer, and place the order again with the new total.',
  },
  request_in_progress: {
    status: 409,
    title: 'The same request is being handled',
    cause: 'A request with this Idempotency-Key has arrived and has no answer yet.',
    remedy: 'Repeat it under the same key after Retry-After: you get its answer.',
  },
  revision_moved: {
    status: 409,
    title: 'The order has changed since it was packed',
    cause: 'The parcel was packed after other lines than those that are in force now.',
    remedy: 'Pack the lines of this answer, and fulfil the order with the revision that it names.',
  },
  version_moved: {
    status: 412,
    title: 'Somebody was there before you',
    cause:
      'What you want to change has been changed since you read it, or is not there yet. Nothing was done.',
    remedy:
      'Read it again, decide whether you still want your change, and send it with the new ETag.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    cause: 'The body is larger than this address takes.',
    remedy: 'Send less at a time.',
  },
  unsupported_encoding: {
    status: 415,
    title: 'The body is compressed',
    cause: 'The request has a Content-Encoding, and bodies are read as they are.',
    remedy: 'Send the body without Content-Encoding.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not said to be JSON',
    cause: 'The Content-Type of the body is missing, or is not application/json.',
    remedy: 'Send the body as JSON, with the header "Content-Type: application/json".',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    cause: 'A request with this key and another body was handled before.',
    remedy: 'Use a new key for a new request. To repeat the first one, send its body as it was.',
  },
  invalid_cursor: {
    status: 422,
    title: 'The cursor is not of this list',
    cause: 'The cursor was changed, cut off, or given by another list.',
    remedy:
      'Pass the value of next as it is, to the list that gave it. Without a cursor you begin again.',
  },
  invalid_fields: {
    status: 422,
    title: 'Some fields are not right',
    cause:
      'A field is missing, has the wrong form or an impossible value, or is not known here. The same goes for the parameters of a list.',
    remedy:
      'Mend what errors names: each entry points to one field and says what is wrong. Nothing was done, and the same Idempotency-Key may be used again.',
  },
  mixed_currencies: {
    status: 422,
    title: 'The lines are in several currencies',
    cause: 'An order has one currency, and these products are priced in several.',
    remedy: 'Place one order for each currency.',
  },
  no_csv: {
    status: 422,
    title: 'The file is no CSV',
    cause: 'The file is empty, or its first bytes are those of another kind of file.',
    remedy: 'Export the table as CSV, best in UTF-8, and send that.',
  },
  not_for_sale: {
    status: 422,
    title: 'A product is not for sale',
    cause: 'The catalogue has the product, but it was taken off sale.',
    remedy: 'Leave out the lines that errors names.',
  },
  quantity_too_large: {
    status: 422,
    title: 'Too many of one product',
    cause: 'Lines of one SKU are one line, and together they ask for more than 1,000,000.',
    remedy: 'Ask for less, or place several orders.',
  },
  total_too_large: {
    status: 422,
    title: 'The total is too large',
    cause: 'The total is more than JSON numbers hold exactly: 9,007,199,254,740,991 minor units.',
    remedy: 'Place several orders.',
  },
  unit_prices_differ: {
    status: 422,
    title: 'One product with two prices',
    cause: 'Lines of one SKU are one line, and these have different unitPrices.',
    remedy: 'Send one line for each SKU.',
  },
  unknown_sku: {
    status: 422,
    title: 'A product is not in the catalogue',
    cause:
      'There is no product with this SKU, or it was listed a moment ago and is not known everywhere yet.',
    remedy:
      'Check the SKUs that errors names. If one of them is quite new, repeat the request after Retry-After.',
  },
  if_match_required: {
    status: 428,
    title: 'If-Match is missing',
    cause: 'A change must say what it is based on, so that nobody’s change is overwritten unseen.',
    remedy:
      'Send the ETag of your last reading as If-Match. With If-Match: * the change is made whatever has happened.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    cause: 'This account has sent more requests in a minute than a customer may.',
    remedy:
      'Go on after Retry-After. RateLimit-Remaining says in each answer how many are left. A program that serves many customers should use a service account, which has no limit.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many wrong passwords',
    cause:
      'So many wrong passwords came from this address that no further one is looked at for a while, not even the right one.',
    remedy: 'Try again after Retry-After.',
  },
  too_many_sign_ups: {
    status: 429,
    title: 'Too many new accounts',
    cause: 'So many accounts were asked for from this address that it has to wait.',
    remedy: 'Try again after Retry-After.',
  },
  internal_error: {
    status: 500,
    title: 'Something failed here',
    cause: 'This is our mistake, not yours. It is logged.',
    remedy:
      'Repeat the request, under the same Idempotency-Key if it has one. If it fails again, tell whoever runs this shop its requestId.',
  },
  temporarily_unavailable: {
    status: 503,
    title: 'Not available for the moment',
    cause:
      'The database does not answer. Mostly nothing was done; when the connection broke at the very end, only the answer was lost.',
    remedy:
      'Repeat the request after Retry-After, under the same Idempotency-Key if it has one: nothing is done twice. Where a repeated change is refused with 412, read the order: the first may have counted.',
  },
  too_many_placements: {
    status: 503,
    title: 'Too many orders at once',
    cause: 'More orders come in than can be taken at this moment. This request placed nothing.',
    remedy: 'Repeat the request after Retry-After, under the same Idempotency-Key.',
  },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof problemCatalogue

/** The status that belongs to a code. */
export type StatusOf<Code extends ProblemCode> = (typeof problemCatalogue)[Code]['status']

/** The codes that belong to a status. */
export type CodeOf<Status extends number> = {
  [Code in ProblemCode]: StatusOf<Code> extends Status ? Code : never
}[ProblemCode]
