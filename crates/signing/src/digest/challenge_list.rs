//! The challenges of a `WWW-Authenticate` field (RFC 9110, section 11.6.1).
//!
//! The grammar uses the comma between challenges and between their parameters, and servers
//! don't always follow it. Parsing is lenient: a syntax error ends the field, and the
//! challenges before it are kept.

/// The maximum length of a field that is parsed, in bytes.
pub const MAX_FIELD: usize = 16 * 1024;
/// The maximum number of challenges of a field.
pub const MAX_CHALLENGES: usize = 16;
/// The maximum number of parameters of a challenge.
pub const MAX_PARAMETERS: usize = 32;

/// A challenge of any scheme.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SchemeChallenge {
    pub(super) scheme: String,
    parameters: Vec<(String, Vec<u8>)>,
}

impl SchemeChallenge {
    /// The first parameter with a name, which is in lower case here.
    pub(super) fn parameter(&self, name: &str) -> Option<&[u8]> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_slice())
    }
}

/// The challenges of one field.
pub(super) fn parse(field: &[u8]) -> Vec<SchemeChallenge> {
    let mut challenges: Vec<SchemeChallenge> = Vec::new();
    if field.len() > MAX_FIELD {
        return challenges;
    }
    let mut rest = Rest(field);
    loop {
        rest.skip(|byte| is_space(byte) || byte == b',');
        let Some(word) = rest.token() else {
            return challenges;
        };
        let spaced = rest.skip(is_space);
        if rest.take(b'=') {
            rest.skip(is_space);
            let (Some(value), Some(challenge)) = (rest.value(), challenges.last_mut()) else {
                return challenges;
            };
            if challenge.parameters.len() < MAX_PARAMETERS {
                challenge
                    .parameters
                    .push((word.to_ascii_lowercase(), value));
            }
        } else if challenges.len() == MAX_CHALLENGES {
            return challenges;
        } else {
            challenges.push(SchemeChallenge {
                scheme: word,
                parameters: Vec::new(),
            });
            if spaced {
                rest.skip_token68();
            }
        }
    }
}

/// The unparsed rest of a field.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// Split off all leading bytes that match.
    fn take_while(&mut self, like: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.0.iter().take_while(|byte| like(**byte)).count();
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// Skip leading bytes that match, and return whether there were any.
    fn skip(&mut self, like: impl Fn(u8) -> bool) -> bool {
        !self.take_while(like).is_empty()
    }

    fn take(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn token(&mut self) -> Option<String> {
        let token = self.take_while(is_token);
        (!token.is_empty()).then(|| token.iter().copied().map(char::from).collect())
    }

    /// A parameter's value. Without quotes it may have more characters than a token, since
    /// servers forget the quotes around base64.
    fn value(&mut self) -> Option<Vec<u8>> {
        if self.take(b'"') {
            self.quoted()
        } else {
            let bare = self.take_while(|byte| byte.is_ascii_graphic() && !b",\"".contains(&byte));
            (!bare.is_empty()).then(|| bare.to_vec())
        }
    }

    /// The rest of a quoted string, unescaped.
    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        loop {
            value.extend_from_slice(self.take_while(|byte| byte != b'"' && byte != b'\\'));
            if self.take(b'"') {
                return Some(value);
            }
            // A backslash, or the end.
            let (_, escaped) = self.0.split_first()?;
            let (byte, rest) = escaped.split_first()?;
            value.push(*byte);
            self.0 = rest;
        }
    }

    /// Skip a token68, as of Negotiate, which looks like a parameter without a value.
    fn skip_token68(&mut self) {
        let before = self.0;
        self.skip(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        self.skip(|byte| byte == b'=');
        self.skip(is_space);
        if !matches!(self.0.first(), None | Some(b',')) {
            self.0 = before;
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The characters of a token (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;

    fn report(field: &[u8]) -> String {
        let mut text = String::new();
        for challenge in parse(field) {
            write!(text, "{}:", challenge.scheme).unwrap();
            for (name, value) in &challenge.parameters {
                write!(text, " {name}=[{}]", value.escape_ascii()).unwrap();
            }
            text.push('\n');
        }
        text
    }

    #[test]
    fn several_challenges_in_one_field() {
        // The field of RFC 9110, section 11.6.1.
        let field =
            br#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#;
        expect![[r#"
            Basic: realm=[simple]
            Newauth: realm=[apps] type=[1] title=[Login to \"apps\"]
        "#]]
        .assert_eq(&report(field));
    }

    #[test]
    fn a_comma_in_quotes_and_spaces_anywhere() {
        expect![[r#"
            Digest: realm=[a, b] qop=[auth,auth-int] nonce=[x==] stale=[TRUE] opaque=[]
        "#]]
        .assert_eq(&report(
            b" ,, Digest realm = \"a, b\" ,\tQOP=\"auth,auth-int\",nonce=x==, stale=TRUE,opaque=\"\",",
        ));
    }

    #[test]
    fn schemes_without_parameters_and_with_one_piece() {
        expect![[r#"
            Negotiate:
            Negotiate:
            NTLM:
            Basic:
            Digest: nonce=[y]
        "#]]
        .assert_eq(&report(
            b"Negotiate, Negotiate a87421000492aa874209af8bc028==, NTLM TlRM/+ , Basic realm=, Digest nonce=y",
        ));
    }

    #[test]
    fn a_syntax_error_ends_the_field() {
        for (field, kept) in [
            (&b"realm=\"x\""[..], ""),
            (b"Digest realm=\"x\", nonce=\"open", "Digest: realm=[x]\n"),
            (b"Digest realm=\"x\", nonce=\"open\\", "Digest: realm=[x]\n"),
            (b"Digest realm=\"x\", (odd), nonce=y", "Digest: realm=[x]\n"),
            (b"\xff\xfe", ""),
            (b"", ""),
        ] {
            assert_eq!(report(field), kept);
        }
    }

    #[test]
    fn a_field_has_bounds() {
        let many = "a b=c,".repeat(200);
        assert_eq!(parse(many.as_bytes()).len(), MAX_CHALLENGES);
        let long = format!("a {}", "b=c,".repeat(200));
        assert_eq!(parse(long.as_bytes())[0].parameters.len(), MAX_PARAMETERS);
        assert_eq!(parse(&vec![b'a'; MAX_FIELD]).len(), 1);
        assert_eq!(parse(&vec![b'a'; MAX_FIELD + 1]).len(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_within_bounds(field in prop::collection::vec(any::<u8>(), 0..400)) {
            let challenges = parse(&field);
            prop_assert!(challenges.len() <= MAX_CHALLENGES);
            let read: usize = challenges
                .iter()
                .flat_map(|challenge| &challenge.parameters)
                .map(|(name, value)| name.len() + value.len())
                .sum();
            prop_assert!(read <= field.len());
        }

        /// Of the characters that matter, so that more than the first byte is parsed.
        #[test]
        fn any_field_of_syntax_is_read(field in r#"[Aa=", \\\t/]{0,60}"#) {
            parse(field.as_bytes());
        }

        #[test]
        fn quoted_values_are_read_back(
            scheme in "[A-Za-z][A-Za-z0-9-]{0,8}",
            values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 1..8),
        ) {
            let mut field = scheme.clone().into_bytes();
            let mut separator = b' ';
            for (index, value) in values.iter().enumerate() {
                field.push(separator);
                field.extend_from_slice(format!("p{index}=\"").as_bytes());
                for byte in value {
                    field.extend_from_slice(&[b'\\', *byte]);
                }
                field.push(b'"');
                separator = b',';
            }
            let challenges = parse(&field);
            prop_assert_eq!(challenges.len(), 1);
            prop_assert_eq!(&challenges[0].scheme, &scheme);
            for (index, value) in values.iter().enumerate() {
                prop_assert_eq!(challenges[0].parameter(&format!("p{index}")), Some(&value[..]));
            }
        }
    }
}
