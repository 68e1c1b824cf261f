/**
 * A certificate of its own making for the reserved name weights.example, and its key, until 2126: of tests alone.
 * openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=weights.example \
 *   -addext subjectAltName=DNS:weights.example
 */
export const WEIGHTS_EXAMPLE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVITo+llR+b3Mdq7D
peXlD4/xfvHzqEHC7ii4ur/2UVChRANCAARa5OE2YrZULTWWv3koPpFkK7bLR0/f
T13Nz2JJQ6hgrDnWZsHLK78yavPKNrqpMyeEZ17izp5rkIuoZteHAdkO
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBpjCCAU2gAwIBAgIUWsFGs4B00lJ0Y1QgA5lN6i7tjDQwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPd2VpZ2h0cy5leGFtcGxlMCAXDTI2MTEyNzIwNDg1MloYDzIx
MjYxMTAzMjA0ODUyWjAaMRgwFgYDVQQDDA93ZWlnaHRzLmV4YW1wbGUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAARa5OE2YrZULTWWv3koPpFkK7bLR0/fT13Nz2JJ
Q6hgrDnWZsHLK78yavPKNrqpMyeEZ17izp5rkIuoZteHAdkOo28wbTAdBgNVHQ4E
FgQURfnKC85W5VROvmHVShz1J7BIfggwHwYDVR0jBBgwFoAURfnKC85W5VROvmHV
Shz1J7BIfggwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg93ZWlnaHRzLmV4
YW1wbGUwCgYIKoZIzj0EAwIDRwAwRAIgeH02b9mhfA36JwHOhREVBAauiqfFm222
mcb0D8QxeecCICdq3Szy4Ktrp0FIYIe5gCpmdiDGTo1i8r1zkVMNMj99
-----END CERTIFICATE-----`,
} as const;
