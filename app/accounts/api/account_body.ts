/** An account as its owner reads it in the API. */
export function accountBody(account: {
  id: string
  email: string | null
  name: string
  role: string
}) {
  const { id, email, name, role } = account
  return { id, email, name, role }
}
