/*
 * A certificate for localhost and 127.0.0.1 that nobody trusts by itself, with its key: for servers of
 * tests only.
 */
import { createPrivateKey } from 'node:crypto'

export const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUNaX61c5vcVm7+orXDYDnAv1m++UwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIyMzkzMFoYDzIxMjYxMTA2
MjIzOTMwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARbGLXV9xHGK5gd09dSJddAyXnYTZdDphaqhxOsQlu9O4UGNRK4qbOd
azppjeCMXzEWZqoYUbXzgcnbjl9R14Nmo28wbTAdBgNVHQ4EFgQUlvcGT+1LRPQ9
5RXIlvbEqHtHjGwwHwYDVR0jBBgwFoAUlvcGT+1LRPQ95RXIlvbEqHtHjGwwGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
zj0EAwIDSAAwRQIhANIYlyasUQgSHYfA/s4ISc0OEJLfTvaiMcunxHiN6QavAiAQ
qBh7t/vbU1h46vOcc7gvRVUEOJrxG9zjXAKYp3/ykA==
-----END CERTIFICATE-----
`

export const key = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'Wxi11fcRxiuYHdPXUiXXQMl52E2XQ6YWqocTrEJbvTs',
    y: 'hQY1Erips51rOmmN4IxfMRZmqhhRtfOByduOX1HXg2Y',
    d: 'oFUcBvlJUA9ECwnEHQwLkkRFMUdgQPKCc9tI0FymL9o',
  },
}).export({ type: 'pkcs8', format: 'pem' })
