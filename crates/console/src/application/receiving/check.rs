//! The check of a request, said in each language. The steps are the same everywhere; a dialect says how each is
//! written, with `@` where its argument stands.

use fanfare_core::{
    profile::{Recognition, Signed, SignedHeader},
    sign::{Algorithm, Encoding},
};

/// How the steps of a check are written in a language.
pub(super) struct Dialect {
    indent: &'static str,
    /// Written before these characters in a text.
    escaped: &'static [char],
    /// A header's value as text.
    header: &'static str,
    /// `let NAME = @`.
    set_given: &'static str,
    /// The parts of the header: split by a separator, or only the one.
    split: &'static str,
    alone: &'static str,
    /// The key of the HMAC: the secret's text, or what it encodes after a prefix.
    key_text: &'static str,
    key_base64: &'static str,
    key_base64url: &'static str,
    key_hex: &'static str,
    /// The signed content: its pieces, what joins them, what wraps the whole.
    body: &'static str,
    text: &'static str,
    of_header: &'static str,
    of_part: &'static str,
    plus: &'static str,
    content: &'static str,
    /// The names of the hash functions.
    hashes: [&'static str; 3],
    digest: &'static str,
    /// The digest as text.
    hex: &'static str,
    base64: &'static str,
    base64url: &'static str,
    /// `let expected = @`, and what joins its texts.
    expected: &'static str,
    joined: &'static str,
    /// The names of the signature and the secret as texts.
    signature: &'static str,
    secret: &'static str,
    /// Whether any part is the expected one.
    compare: &'static str,
    /// Whether a header is the secret with what stands around it (`@`).
    token: &'static str,
}

impl Dialect {
    /// The lines of the check.
    pub(super) fn check(&self, recognition: &Recognition) -> String {
        let lines = match recognition {
            Recognition::Signature(signed) => self.signature(signed),
            Recognition::Token { header, prefix, suffix } => {
                let value = self.header.replace('@', &self.quoted(header));
                let token = self.token.replace('@', &self.around(prefix, self.secret, suffix));
                vec![self.set_given.replace('@', &value), token]
            }
            Recognition::Nothing => Vec::new(),
        };
        lines.iter().flat_map(|line| line.lines()).map(|line| format!("{}{line}\n", self.indent)).collect()
    }

    fn signature(&self, signed: &SignedHeader) -> Vec<String> {
        let value = self.header.replace('@', &self.quoted(&signed.name));
        let parts = match signed.join.as_str() {
            "" => self.alone.to_owned(),
            join => self.split.replace('@', &self.quoted(join)),
        };
        let key = match signed.key.encoding {
            None => self.key_text,
            Some(Encoding::Base64) => self.key_base64,
            Some(Encoding::Base64Url) => self.key_base64url,
            Some(Encoding::Hex) => self.key_hex,
        };
        let pieces: Vec<_> = signed.content.iter().map(|piece| self.piece(piece)).collect();
        let digest = match signed.encoding {
            Encoding::Hex => self.hex,
            Encoding::Base64 => self.base64,
            Encoding::Base64Url => self.base64url,
        };
        let hash = match signed.algorithm {
            Algorithm::HmacSha1 => self.hashes[0],
            Algorithm::HmacSha256 => self.hashes[1],
            Algorithm::HmacSha512 | Algorithm::Ed25519 => self.hashes[2],
        };
        let expected = self.around(&signed.prefix, self.signature, &signed.suffix);
        vec![
            self.set_given.replace('@', &value),
            parts,
            key.replace('@', &self.quoted(&signed.key.prefix)),
            self.content.replace('@', &pieces.join(self.plus)),
            self.digest.replace('@', hash),
            digest.to_owned(),
            self.expected.replace('@', &expected),
            self.compare.to_owned(),
        ]
    }

    fn piece(&self, piece: &Signed) -> String {
        match piece {
            Signed::Body => self.body.to_owned(),
            Signed::Text(text) => self.text.replace('@', &self.quoted(text)),
            Signed::Header(name) => {
                self.of_header.replace('@', &self.header.replace('@', &self.quoted(name)))
            }
            Signed::Part(prefix) => self.of_part.replace('@', &self.quoted(prefix)),
        }
    }

    /// A text with what stands before and after it.
    fn around(&self, prefix: &str, name: &str, suffix: &str) -> String {
        let literal = |text: &str| Some(self.quoted(text)).filter(|_| !text.is_empty());
        let parts = [literal(prefix), Some(name.to_owned()), literal(suffix)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(self.joined)
    }

    /// A text as a literal.
    fn quoted(&self, text: &str) -> String {
        let mut quoted = String::from('"');
        for c in text.chars() {
            if c == '"' || c == '\\' || self.escaped.contains(&c) {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted + "\""
    }
}

pub(super) const PYTHON: Dialect = Dialect {
    indent: "    ",
    escaped: &[],
    header: "headers.get(@, \"\")",
    set_given: "given = @",
    split: "parts = given.split(@)",
    alone: "parts = [given]",
    key_text: "key = SECRET.encode()",
    key_base64: "key = base64.b64decode(SECRET.removeprefix(@))",
    key_base64url: "key = base64.urlsafe_b64decode(SECRET.removeprefix(@) + \"==\")",
    key_hex: "key = bytes.fromhex(SECRET.removeprefix(@))",
    body: "body",
    text: "@.encode()",
    of_header: "@.encode()",
    of_part: "next((one.removeprefix(@) for one in parts if one.startswith(@)), \"\").encode()",
    plus: " + ",
    content: "content = @",
    hashes: ["sha1", "sha256", "sha512"],
    digest: "digest = hmac.new(key, content, hashlib.@).digest()",
    hex: "signature = digest.hex()",
    base64: "signature = base64.b64encode(digest).decode()",
    base64url: "signature = base64.urlsafe_b64encode(digest).decode().rstrip(\"=\")",
    expected: "expected = @",
    joined: " + ",
    signature: "signature",
    secret: "SECRET",
    compare: "return any(hmac.compare_digest(one.encode(), expected.encode()) for one in parts)\n",
    token: "return hmac.compare_digest(given.encode(), (@).encode())\n",
};

pub(super) const NODE: Dialect = Dialect {
    indent: "  ",
    escaped: &[],
    header: "(headers[@.toLowerCase()] ?? '')",
    set_given: "const given = @;",
    split: "const parts = given.split(@);",
    alone: "const parts = [given];",
    key_text: "const key = Buffer.from(secret);",
    key_base64: "const key = Buffer.from(secret.replace(@, ''), 'base64');",
    key_base64url: "const key = Buffer.from(secret.replace(@, ''), 'base64url');",
    key_hex: "const key = Buffer.from(secret.replace(@, ''), 'hex');",
    body: "body",
    text: "Buffer.from(@)",
    of_header: "Buffer.from(@)",
    of_part: "Buffer.from((parts.find((one) => one.startsWith(@)) ?? '').replace(@, ''))",
    plus: ", ",
    content: "const content = Buffer.concat([@]);",
    hashes: ["sha1", "sha256", "sha512"],
    digest: "const digest = createHmac('@', key).update(content);",
    hex: "const signature = digest.digest('hex');",
    base64: "const signature = digest.digest('base64');",
    base64url: "const signature = digest.digest('base64url');",
    expected: "const expected = Buffer.from(@);",
    joined: " + ",
    signature: "signature",
    secret: "secret",
    compare: "return parts.some((one) => same(Buffer.from(one), expected));",
    token: "return same(Buffer.from(given), Buffer.from(@));",
};

pub(super) const GO: Dialect = Dialect {
    indent: "\t",
    escaped: &[],
    header: "header.Get(@)",
    set_given: "given := @",
    split: "parts := strings.Split(given, @)",
    alone: "parts := []string{given}",
    key_text: "key := []byte(secret)",
    key_base64: "key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, @))\nif err != nil {\n\treturn false\n}",
    key_base64url: "key, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(secret, @))\nif err != nil {\n\treturn false\n}",
    key_hex: "key, err := hex.DecodeString(strings.TrimPrefix(secret, @))\nif err != nil {\n\treturn false\n}",
    body: "string(body)",
    text: "@",
    of_header: "@",
    of_part: "part(parts, @)",
    plus: " + ",
    content: "content := @",
    hashes: ["sha1", "sha256", "sha512"],
    digest: "mac := hmac.New(@.New, key)\nmac.Write([]byte(content))",
    hex: "signature := hex.EncodeToString(mac.Sum(nil))",
    base64: "signature := base64.StdEncoding.EncodeToString(mac.Sum(nil))",
    base64url: "signature := base64.RawURLEncoding.EncodeToString(mac.Sum(nil))",
    expected: "expected := @",
    joined: " + ",
    signature: "signature",
    secret: "secret",
    compare: "for _, one := range parts {\n\tif subtle.ConstantTimeCompare([]byte(one), []byte(expected)) == 1 {\n\t\treturn true\n\t}\n}\nreturn false",
    token: "return subtle.ConstantTimeCompare([]byte(given), []byte(@)) == 1",
};

pub(super) const PHP: Dialect = Dialect {
    indent: "    ",
    escaped: &['$'],
    header: "header_of(@)",
    set_given: "$given = @;",
    split: "$parts = explode(@, $given);",
    alone: "$parts = [$given];",
    key_text: "$key = $secret;",
    key_base64: "$key = base64_decode(str_replace(@, '', $secret));",
    key_base64url: "$key = base64_decode(strtr(str_replace(@, '', $secret), '-_', '+/'));",
    key_hex: "$key = hex2bin(str_replace(@, '', $secret));",
    body: "$body",
    text: "@",
    of_header: "@",
    of_part: "part($parts, @)",
    plus: " . ",
    content: "$content = @;",
    hashes: ["sha1", "sha256", "sha512"],
    digest: "$digest = hash_hmac('@', $content, $key, true);",
    hex: "$signature = bin2hex($digest);",
    base64: "$signature = base64_encode($digest);",
    base64url: "$signature = rtrim(strtr(base64_encode($digest), '+/', '-_'), '=');",
    expected: "$expected = @;",
    joined: " . ",
    signature: "$signature",
    secret: "$secret",
    compare: "foreach ($parts as $one) {\n    if (hash_equals($expected, $one)) {\n        return true;\n    }\n}\nreturn false;",
    token: "return hash_equals(@, $given);",
};

pub(super) const JAVA: Dialect = Dialect {
    indent: "        ",
    escaped: &[],
    header: "header(headers, @)",
    set_given: "String given = @;",
    split: "String[] parts = given.split(Pattern.quote(@));",
    alone: "String[] parts = {given};",
    key_text: "byte[] key = bytes(secret);",
    key_base64: "byte[] key = Base64.getDecoder().decode(secret.replaceFirst(Pattern.quote(@), \"\"));",
    key_base64url: "byte[] key = Base64.getUrlDecoder().decode(secret.replaceFirst(Pattern.quote(@), \"\"));",
    key_hex: "byte[] key = HexFormat.of().parseHex(secret.replaceFirst(Pattern.quote(@), \"\"));",
    body: "body",
    text: "bytes(@)",
    of_header: "bytes(@)",
    of_part: "bytes(part(parts, @))",
    plus: ", ",
    content: "ByteArrayOutputStream content = new ByteArrayOutputStream();\nfor (byte[] piece : new byte[][] {@}) content.write(piece);",
    hashes: ["HmacSHA1", "HmacSHA256", "HmacSHA512"],
    digest: "Mac mac = Mac.getInstance(\"@\");\nmac.init(new SecretKeySpec(key, \"@\"));\nbyte[] digest = mac.doFinal(content.toByteArray());",
    hex: "String signature = HexFormat.of().formatHex(digest);",
    base64: "String signature = Base64.getEncoder().encodeToString(digest);",
    base64url: "String signature = Base64.getUrlEncoder().withoutPadding().encodeToString(digest);",
    expected: "String expected = @;",
    joined: " + ",
    signature: "signature",
    secret: "secret",
    compare: "for (String one : parts) {\n    if (MessageDigest.isEqual(bytes(one), bytes(expected))) return true;\n}\nreturn false;",
    token: "return MessageDigest.isEqual(bytes(given), bytes(@));",
};

pub(super) const RUBY: Dialect = Dialect {
    indent: "  ",
    escaped: &['#'],
    header: "header(env, @)",
    set_given: "given = @",
    split: "parts = given.split(@)",
    alone: "parts = [given]",
    key_text: "key = SECRET",
    key_base64: "key = Base64.decode64(SECRET.delete_prefix(@))",
    key_base64url: "key = Base64.urlsafe_decode64(SECRET.delete_prefix(@))",
    key_hex: "key = [SECRET.delete_prefix(@)].pack('H*')",
    body: "body",
    text: "@.b",
    of_header: "@.b",
    of_part: "part(parts, @).b",
    plus: " + ",
    content: "content = @",
    hashes: ["SHA1", "SHA256", "SHA512"],
    digest: "digest = OpenSSL::HMAC.digest('@', key, content)",
    hex: "signature = digest.unpack1('H*')",
    base64: "signature = Base64.strict_encode64(digest)",
    base64url: "signature = Base64.urlsafe_encode64(digest, padding: false)",
    expected: "expected = @",
    joined: " + ",
    signature: "signature",
    secret: "SECRET",
    compare: "parts.any? { |one| Rack::Utils.secure_compare(one, expected) }",
    token: "Rack::Utils.secure_compare(given, @)",
};

pub(super) const CSHARP: Dialect = Dialect {
    indent: "    ",
    escaped: &[],
    header: "headers[@].ToString()",
    set_given: "var given = @;",
    split: "var parts = given.Split(@);",
    alone: "string[] parts = [given];",
    key_text: "var key = Bytes(secret);",
    key_base64: "var key = Convert.FromBase64String((secret.StartsWith(@) ? secret[@.Length..] : secret));",
    key_base64url: "var key = System.Buffers.Text.Base64Url.DecodeFromChars((secret.StartsWith(@) ? secret[@.Length..] : secret));",
    key_hex: "var key = Convert.FromHexString((secret.StartsWith(@) ? secret[@.Length..] : secret));",
    body: ".. body",
    text: ".. Bytes(@)",
    of_header: ".. Bytes(@)",
    of_part: ".. Bytes(Part(parts, @))",
    plus: ", ",
    content: "byte[] content = [@];",
    hashes: ["HMACSHA1", "HMACSHA256", "HMACSHA512"],
    digest: "var digest = @.HashData(key, content);",
    hex: "var signature = Convert.ToHexString(digest).ToLowerInvariant();",
    base64: "var signature = Convert.ToBase64String(digest);",
    base64url: "var signature = System.Buffers.Text.Base64Url.EncodeToString(digest);",
    expected: "var expected = @;",
    joined: " + ",
    signature: "signature",
    secret: "secret",
    compare: "return parts.Any(one => CryptographicOperations.FixedTimeEquals(Bytes(one), Bytes(expected)));",
    token: "return CryptographicOperations.FixedTimeEquals(Bytes(given), Bytes(@));",
};
