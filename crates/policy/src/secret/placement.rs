//! The placement of a value in a request: alone, or next to other text.
//!
//! A server may truncate a field. A step that chooses the text next to a value also chooses where
//! it is truncated, and could learn it character by character. So a value must be alone unless the
//! policy allows otherwise.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::credential_field::{MAX_FIELD_NAME, is_credential_field, takes_scheme};
use super::field_name::{field_name, names_codec, parent_fields};

/// The placement of a value in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement<'t> {
    /// It is alone: a whole path segment, query value or form field.
    Whole,
    /// There is other text next to it.
    Composed,
    /// It is alone in a field of this name, but there is another field that servers join with it.
    Repeated(&'t str),
    /// It is alone in an item of a list, or in one of several elements with the same name. Servers
    /// join such items.
    Joined,
    /// The text before it ends in an unfinished escape, which starts with this character and would
    /// absorb the first characters of the value. The result would reveal them.
    BehindEscape(char),
    /// The request declares another charset or coding than the one it is encoded in. What a server
    /// decodes from it could not be redacted from a response.
    Recoded,
    /// It is in a header field.
    InHeader(InHeader<'t>),
}

/// A value in a header field, and the text next to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InHeader<'t> {
    /// The field's name.
    pub field: &'t str,
    /// The text before the value.
    pub before: &'t [u8],
    /// The text after it.
    pub after: &'t [u8],
    /// Whether these texts are inside the encoded credentials of `Basic` authentication.
    pub is_basic: bool,
    /// Whether the request has another field with this name.
    pub is_repeated: bool,
}

/// The schemes that can precede a value: those of RFCs, and those of well-known APIs. They are
/// case-insensitive.
pub const SCHEMES: [&str; 18] = [
    "AccessKey",
    "Api-Key",
    "Api-Token",
    "ApiKey",
    "Basic",
    "Bearer",
    "Bot",
    "DeepL-Auth-Key",
    "DPoP",
    "GenieKey",
    "JWT",
    "Key",
    "Klaviyo-API-Key",
    "OAuth",
    "Splunk",
    "SSWS",
    "Token",
    "Zoho-oauthtoken",
];

/// How many fields of a query have each name, as servers read it.
#[derive(Debug, Default)]
pub struct QueryFields {
    named: HashMap<String, usize>,
    /// The names that some are fields of.
    parents: HashSet<String>,
    /// Whether a field is nested too deep to determine which fields it is joined with.
    is_too_deep: bool,
}

impl QueryFields {
    /// Those of a query.
    #[must_use]
    pub fn new(query: &[u8]) -> Self {
        let mut fields = Self::default();
        for field in query.split(|byte| *byte == b'&') {
            // Some servers split at `;` as at `&`, others take it for a character of the name.
            let parts = field.split(|byte| *byte == b';').chain([field]);
            let names = parts.map(|part| {
                let name = part.split(|byte| *byte == b'=').next();
                field_name(name.unwrap_or_default())
            });
            // A field is not joined with itself.
            let names: BTreeSet<String> = names.collect();
            for name in names {
                match parent_fields(&name) {
                    Some(parents) => fields
                        .parents
                        .extend(parents.into_iter().map(str::to_owned)),
                    None => fields.is_too_deep = true,
                }
                *fields.named.entry(name).or_default() += 1;
            }
        }
        fields
    }

    /// Whether servers may join a field of this name with another one.
    fn has_another(&self, name: &str) -> bool {
        let is_parent = |name: &str| self.named.contains_key(name);
        self.is_too_deep
            || self.named.get(name).is_some_and(|count| *count > 1)
            || self.parents.contains(name)
            || parent_fields(name).is_none_or(|parents| parents.into_iter().any(is_parent))
    }
}

impl<'t> Placement<'t> {
    /// In the URL's path, between these texts.
    #[must_use]
    pub fn in_path(before: &[u8], after: &[u8]) -> Self {
        let is_whole = before.ends_with(b"/") && matches!(after.first(), None | Some(b'/'));
        Self::whole_if(is_whole)
    }

    /// In the URL's query, which has these fields, between these texts. Both can be empty.
    #[must_use]
    pub fn in_query(fields: &QueryFields, before: &'t [u8], after: &'t [u8]) -> Self {
        if before.is_empty() && after.is_empty() {
            return Self::Whole;
        }
        let field = before.rsplit(|byte| *byte == b'&').next();
        let name = field
            .and_then(|field| field.strip_suffix(b"="))
            .filter(|name| !name.contains(&b'='));
        // Some servers also split at `;`, and find another name.
        let name = name.filter(|name| !name.contains(&b';'));
        let name = name.filter(|name| name.len() <= MAX_FIELD_NAME);
        let Some(name) = name.filter(|_| matches!(after.first(), None | Some(b'&'))) else {
            return Self::Composed;
        };
        if names_codec(name) {
            return Self::Recoded;
        }
        if fields.has_another(&field_name(name)) {
            return Self::Repeated(std::str::from_utf8(name).unwrap_or_default());
        }
        Self::Whole
    }

    pub(super) fn whole_if(is_whole: bool) -> Self {
        if is_whole {
            Self::Whole
        } else {
            Self::Composed
        }
    }
}

impl InHeader<'_> {
    /// Whether the value is alone, or follows one of the [`SCHEMES`] in a field that has them; in
    /// `Cookie`, whether it is the value of one cookie; in `Basic` credentials, whether it is the
    /// user name or the password.
    pub(crate) fn is_whole(&self) -> bool {
        let Self { before, after, .. } = *self;
        if self.field.len() > MAX_FIELD_NAME {
            return false;
        }
        if self.is_basic {
            let is_user = before.is_empty() && matches!(after.first(), None | Some(b':'));
            let colons = before.iter().filter(|byte| **byte == b':').count();
            let is_password = before.ends_with(b":") && colons == 1 && after.is_empty();
            return is_user || is_password;
        }
        if self.is_cookie() {
            return is_cookie_value(before, after);
        }
        let is_alone = before.is_empty() || takes_scheme(self.field) && is_scheme(before);
        after.is_empty() && is_alone
    }

    /// Whether the field is for credentials ([`is_credential_field`]).
    pub(crate) fn is_for_credentials(&self) -> bool {
        is_credential_field(self.field)
    }

    /// Whether servers join it with another field. They also join `Cookie` fields with a comma,
    /// which can be in a cookie's value.
    pub(crate) fn is_joined(&self) -> bool {
        self.is_repeated
    }

    fn is_cookie(&self) -> bool {
        self.field.eq_ignore_ascii_case("cookie")
    }
}

/// Whether a text is a scheme and one space.
fn is_scheme(text: &[u8]) -> bool {
    let Some(scheme) = text.strip_suffix(b" ") else {
        return false;
    };
    let mut known = SCHEMES.iter();
    known.any(|known| scheme.eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether a value is the whole value of a cookie (RFC 6265, section 4.2). After a quote, some
/// servers read up to the next one, past `;` (RFC 2965).
fn is_cookie_value(before: &[u8], after: &[u8]) -> bool {
    if !before.split(|byte| *byte == b';').all(has_whole_quotes) {
        return false;
    }
    if !matches!(after.first(), None | Some(b';')) {
        return false;
    }
    let pair = match before.iter().rposition(|byte| *byte == b';') {
        None => Some(before),
        Some(end) => before
            .get(end + 1..)
            .and_then(|pair| pair.strip_prefix(b" ")),
    };
    let name = pair.and_then(|pair| pair.strip_suffix(b"="));
    name.is_some_and(|name| {
        let is_of_name = |byte: &u8| byte.is_ascii_graphic() && !br#"=",\"#.contains(byte);
        (1..=MAX_FIELD_NAME).contains(&name.len()) && name.iter().all(is_of_name)
    })
}

/// Whether a cookie is either quoted as a whole, or has no quotes.
fn has_whole_quotes(cookie: &[u8]) -> bool {
    if !cookie.contains(&b'"') {
        return true;
    }
    let mut parts = cookie.splitn(2, |byte| *byte == b'=');
    let value = parts.nth(1).unwrap_or_default();
    let inside = value
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    inside.is_some_and(|inside| !inside.contains(&b'"') && !inside.contains(&b'\\'))
}

#[cfg(test)]
mod tests {
    use super::super::credential_field::AUTHORIZATION;
    use super::*;

    /// A text in which `{}` is the placeholder for the value.
    fn split(text: &str) -> (&[u8], &[u8]) {
        let (before, after) = text.split_once("{}").unwrap();
        (before.as_bytes(), after.as_bytes())
    }

    fn in_query(text: &str) -> Placement<'_> {
        let (before, after) = split(text);
        Placement::in_query(&QueryFields::new(text.as_bytes()), before, after)
    }

    fn is_whole_in(field: &str, text: &str, is_basic: bool) -> bool {
        let (before, after) = split(text);
        let placement = InHeader {
            field,
            before,
            after,
            is_basic,
            is_repeated: false,
        };
        placement.is_whole()
    }

    #[test]
    fn in_a_header() {
        for text in [
            "{}",
            "Bearer {}",
            "bearer {}",
            "Token {}",
            "token {}",
            "Basic {}",
            "ApiKey {}",
            "GenieKey {}",
            "SSWS {}",
            "Bot {}",
            "Key {}",
        ] {
            assert!(is_whole_in("authorization", text, false), "{text}");
            assert!(is_whole_in("x-authorization", text, false), "{text}");
            for field in ["x-auth-token", "x-api-key", "x-token"] {
                assert_eq!(is_whole_in(field, text, false), text == "{}", "{text}");
            }
        }
        for text in [
            " {}",
            "{} ",
            "Bearer  {}",
            "Bearer\t{}",
            " Bearer {}",
            "Bearer{}",
            "Bearer {} ",
            "Bearer {}{}",
            "Bearer Token {}",
            "Xearer {}",
            "xxxxxxxxxxxxxxxxxxxxxxx{}",
            "a {}",
            "\"{}\"",
            "{},b",
            "a,{}",
            "Token token={}",
            "Token token=\"{}\"",
        ] {
            assert!(!is_whole_in("authorization", text, false), "{text}");
        }
    }

    /// The documentation lists all of them.
    #[test]
    fn schemes() {
        let page = include_str!("../../../../docs/secrets.md");
        let section = page.split("#### Schemes").nth(1).unwrap();
        let section = section.split("####").next().unwrap();
        let listed: Vec<&str> = section.split('`').skip(1).step_by(2).collect();
        let (fields, schemes) = listed.split_at(AUTHORIZATION.len());
        assert_eq!(fields, AUTHORIZATION);
        assert_eq!(schemes[..SCHEMES.len()], SCHEMES);
    }

    #[test]
    fn in_basic_credentials() {
        for text in ["me:{}", "{}:", "{}:x", "{}:b:c", ":{}", "{}"] {
            assert!(is_whole_in("authorization", text, true), "{text}");
        }
        for text in [
            "me:x{}", "me:{}x", "x{}:", "{}x:", "a:b:{}", "a:b{}", " {}", "{} ", "me: {}", "me{}",
        ] {
            assert!(!is_whole_in("authorization", text, true), "{text}");
        }
    }

    #[test]
    fn in_cookies() {
        for text in [
            "a={}",
            "a=b; t={}",
            "a=b; t={}; c=d",
            "a=b;c=d; t={}",
            "t={};",
            "a=\"b c\"; t={}",
            "t={}; c=\"d\"",
        ] {
            assert!(is_whole_in("cookie", text, false), "{text}");
        }
        for text in [
            "{}",
            "={}",
            "Bearer {}",
            "a=x{}",
            "a={}x",
            "a=\"{}\"",
            "a=b, t={}",
            "a=b;t={}",
            "a=b;  t={}",
            "a=b; t=u={}",
            "a={} ; c",
            "{}=a",
            "a=\"b; t={}",
            "a=\"b; t={}; c=\"",
            "a=b\"; c=\"; t={}; d=\"",
            "a=\"\\\"; t={}; b=\"",
            "a=\"b\"c; t={}",
            "\"a=b; t={}",
        ] {
            assert!(!is_whole_in("cookie", text, false), "{text}");
        }
    }

    #[test]
    fn in_a_url() {
        for (text, is_whole) in [
            ("{}", true),
            ("q={}", true),
            ("a=b&q={}", true),
            ("q={}&a=b", true),
            ("={}", true),
            ("q=x{}", false),
            ("q={}x", false),
            ("q=a={}", false),
            ("{}=q", false),
            ("a&{}", false),
            ("{}&a", false),
            ("q={};a=b", false),
            ("a=b;q={}", false),
            ("a;q={}", false),
            ("a=b;c=d&q={}", true),
            ("a[q]=x&a[r]={}", true),
        ] {
            let expected = Placement::whole_if(is_whole);
            assert_eq!(in_query(text), expected, "{text}");
        }
        // Some servers join fields of the same name.
        for text in [
            "q=x&q={}",
            "q={}&q=x",
            "Q&q={}",
            "q={}&a=b&%71=x",
            "%u0071=x&q={}",
            "q[]=x&q={}",
            "q={}&q[1]=x",
            "q={}&a=b;q=x",
            "q={}&%20q+=x",
            "q={}&q%00y=x",
            "q={}&q[a]=x",
            "q:list=x&q={}",
            "q%5Ba%5D[b]=x&q={}",
            "q={}&a[b][c][d][e][f][g][h][i][j]",
        ] {
            let expected = Placement::Repeated("q");
            assert_eq!(in_query(text), expected, "{text}");
        }
        assert_eq!(in_query("q=x&q[a]={}"), Placement::Repeated("q[a]"));
        for text in ["q:utf_16_le={}", "q%3Acp037={}"] {
            assert_eq!(in_query(text), Placement::Recoded, "{text}");
        }
        for (text, is_whole) in [
            ("/{}", true),
            ("/a/{}", true),
            ("/{}/a", true),
            ("/bot{}/", false),
            ("/{}x", false),
            ("/{};a=b", false),
            ("/x;{}", false),
            ("/x%2F{}", false),
        ] {
            let (before, after) = split(text);
            let expected = Placement::whole_if(is_whole);
            assert_eq!(Placement::in_path(before, after), expected, "{text}");
        }
    }
}
