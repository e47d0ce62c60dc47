/**
 * The signing key of the development provider, fixed so that a restart does not end every session. It is published with
 * the source and protects nothing.
 */
export const developmentSigningKey = {
  kty: 'RSA',
  n: '3nx1cQW9p5jqH8ZXGWxbG3VWLKT8v8JRDMLAwf-s6fYkOEr8Jm5XcChzNTLIIz5elgZzmyEuZBJCimaAQoYJbqaEVjLyQKn6T03KQil-Ziz26BU88DaqYPGJabxcns-l6qxRIaJt3MagxEHHDRAWlfHD8iUXiaeyAhH49yKt9mHYE5deJqgGbPj3UsTL5DDot7fvBKRjqJEqO8lzJ0fc23zmjpkANeg_fIkyxMoSGnerGGhfrNjv4dhXUhk0naUhvFWOZnCZoptWV-i6WqtbuuGSBEgiBoItPmpuFy3O3_4cJdLMpc7EXBSWNDS71x_txOjwVVnSHjOn61XFzihsNQ',
  e: 'AQAB',
  d: 'FtvnvyCNX2JlL7WTrl-FLtmL7JNZCqS-6hY6ctQ_olwxVX1S0eoFXtcxGxaoHILkefqYtygeGZcMsiac5_jYkD9Ymniqjj1IpAxEiy6zN3FIPwkrlSywrbwzV6NMSt7f17Azt8Z2Djh0PSXa-zsbbvWDoeXwuKp7rh3FnDK6d_Vdi7oN4Gs3EORtyrRVmH4nEhlA2MaXRpqy2gWuFwQTzexPpTkBQYrzUydP_iZGfhPedOJs0FSWS-fZmdxRF-LUu_owHwV9rqp5or__eCUAgfJT9Km3OHm5nOxWy2z48j8Qy2ZXrb04tcRSK3Samb8Zlehgrikk34Ktos8r_OYa4w',
  p: '9aQzhHtKoXQYwbMjgTezpc-OASw5eV91_GffHvF_wpqjlxsp-Wfgn9TwUTQhPbRu5o5Z1EokD9d2RMJ1o3GqUTMrVW9wNMqSqpfheUjUn3NYIgyAxgZQBTR9vxrOtYjOCvZRGU6wXzB4qOG8qqoairKgdzbK-a4MVyFbDkr4ulc',
  q: '595JiYuxDjWEHuvVhKi8KUDs7g2qWQIRo1ESfdowF0mvEZyo0OlIDTiYjWlp8OsWJil-T_is-z5K0t8Z-oOsUfC2VlhwirRnenz1PnDjFffHkFw8sKR6PJ7O6A-jCya2mGal1aFV2P7InuD0C2I4h1wxcwjuk173k8w19Tu-zlM',
  dp: '5cG_GhSD-r3vhgW7mNpz4wxew4QNAhSi9AJn9LZoDKq9htG2kfxyYq02Vo3O5btF28qcBO-QCW07xxaoF8dySd71kkTYi9hKFNxY3iucDMRDVB2juRUgda3iTASUAcJDDofT1Tr_xxk8UqJJ6MuQZdisNLWAZsc_7aNaWuUO_qM',
  dq: 'DLnhlWAKZro_NydAf9h3A1ih6Grtl5cKesk_V5L7IrwTlMbhaR30q20YymInw2ZTv-J1IVSHwf5oQuyl018YvSKWD2UpQCOorktfdn7hp9oCpQS6_AL7Boq81nXNQBZu3Sx9G52QRamuPzIfkuRgL-W6fRLXbVVAB2ek6oHN9is',
  qi: 'V7JjBkqf_w-1B7BkNMaip2xaJnR1-cC6Y_aCvZhQ3IHgtUgCxb41HNBXkz-LlPsG7Sh3sohgaYYCQnhk4nZo2-XbK7ljDMCyhl3ZP3JsqjKTpRUEP6T471X-zn_3CfTMjwLhS7VVOQVEvLFtvbfrvc4l7t_ut-D4R253GV26EwY',
  kid: 'foyer-dev-not-for-production',
  use: 'sig',
  alg: 'RS256',
};

/** Signs the provider's cookies; fixed for the same reason, and as public. */
export const developmentCookieKey = 'foyer-dev-cookie-key-not-for-production';
