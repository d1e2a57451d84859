//! The placement of a value in a request: alone, or next to other text.
//!
//! A server may truncate a field. A step that chooses the text next to a value also chooses where
//! it is truncated, and could learn it character by character. So a value must be alone unless the
//! policy allows otherwise.

use super::credential_field::{is_credential_field, takes_scheme};
use super::field_name::{MAX_FIELD_NAME, may_hold_secret};
use super::query_fields::{QueryFields, cookie_name, may_name_codec};

/// The placement of a value in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement<'t> {
    /// It is alone: a whole path segment, query value or form field.
    Whole,
    /// There is other text next to it.
    Composed,
    /// It is alone in a field, but the name of a field is not [plain](crate::field_names), so it is
    /// unknown which fields servers join, or that of its own is not [for a
    /// secret](crate::may_hold_secret).
    NotPlain,
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
    /// The cookies in the field, if it is `Cookie`.
    pub cookies: &'t QueryFields,
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
        let field = field.unwrap_or_default();
        if may_name_codec(field) {
            return Self::Recoded;
        }
        let name = field.strip_suffix(b"=").filter(|it| !it.contains(&b'='));
        match name.filter(|_| matches!(after.first(), None | Some(b'&'))) {
            Some(name) => Self::in_field(fields, name, name),
            None => Self::Composed,
        }
    }

    /// Alone in the field of this name, which is compared with others as `plain`.
    fn in_field(fields: &QueryFields, name: &'t [u8], plain: &[u8]) -> Self {
        if !fields.are_plain() {
            return Self::NotPlain;
        }
        if fields.has_another(plain) {
            return Self::Repeated(std::str::from_utf8(name).unwrap_or_default());
        }
        match may_hold_secret(plain) {
            true => Self::Whole,
            false => Self::NotPlain,
        }
    }

    /// In a form that the host writes, which has fields of these names, beside this query: some servers
    /// read both together.
    #[must_use]
    pub fn beside_query(query: &[u8], form: &[&'t str]) -> Self {
        let fields = QueryFields::new(query);
        let mut names = form.iter();
        match names.find(|name| fields.has(name.as_bytes())) {
            _ if !fields.are_plain() => Self::NotPlain,
            Some(name) => Self::Repeated(name),
            None => Self::Whole,
        }
    }

    pub(super) fn whole_if(is_whole: bool) -> Self {
        if is_whole {
            Self::Whole
        } else {
            Self::Composed
        }
    }
}

impl<'t> InHeader<'t> {
    /// Whether the value is alone, or follows one of the [`SCHEMES`] in a field that has them; in
    /// `Cookie`, whether it is the value of one cookie; in `Basic` credentials, whether it is the
    /// user name or the password. Servers join fields of one name, and cookies (PHP).
    pub(crate) fn alone(&self) -> Placement<'t> {
        if self.field.len() > MAX_FIELD_NAME {
            return Placement::Composed;
        }
        let placement = if self.is_cookie() {
            match name_of_cookie(self.before, self.after) {
                Some(name) => Placement::in_field(self.cookies, name, cookie_name(name)),
                None => Placement::Composed,
            }
        } else {
            Placement::whole_if(self.is_whole())
        };
        match placement {
            // They also join these fields with a comma, which can be in a cookie's value.
            Placement::Composed => Placement::Composed,
            _ if self.is_repeated => Placement::Repeated(self.field),
            placement => placement,
        }
    }

    fn is_whole(&self) -> bool {
        let Self { before, after, .. } = *self;
        if self.is_basic {
            let is_user = before.is_empty() && matches!(after.first(), None | Some(b':'));
            let colons = before.iter().filter(|byte| **byte == b':').count();
            let is_password = before.ends_with(b":") && colons == 1 && after.is_empty();
            return is_user || is_password;
        }
        let is_alone = before.is_empty() || takes_scheme(self.field) && is_scheme(before);
        after.is_empty() && is_alone
    }

    /// Whether the field is for credentials ([`is_credential_field`]).
    pub(crate) fn is_for_credentials(&self) -> bool {
        is_credential_field(self.field)
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

/// The name of the cookie that a value is the whole value of (RFC 6265, section 4.2). After a quote,
/// some servers read up to the next one, past `;` (RFC 2965).
fn name_of_cookie<'t>(before: &'t [u8], after: &[u8]) -> Option<&'t [u8]> {
    if !before.split(|byte| *byte == b';').all(has_whole_quotes) {
        return None;
    }
    if !matches!(after.first(), None | Some(b';')) {
        return None;
    }
    let pair = match before.iter().rposition(|byte| *byte == b';') {
        None => Some(before),
        Some(end) => before
            .get(end + 1..)
            .and_then(|pair| pair.strip_prefix(b" ")),
    };
    let name = pair?.strip_suffix(b"=")?;
    let is_of_name = |byte: &u8| byte.is_ascii_graphic() && !br#"=",\"#.contains(byte);
    let is_name = (1..=MAX_FIELD_NAME).contains(&name.len()) && name.iter().all(is_of_name);
    is_name.then_some(name)
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
        in_field(field, text, is_basic) == Placement::Whole
    }

    fn in_field<'t>(field: &'t str, text: &'t str, is_basic: bool) -> Placement<'t> {
        let (before, after) = split(text);
        let cookies = QueryFields::of_cookies(text.as_bytes());
        let placement = InHeader {
            field,
            before,
            after,
            is_basic,
            is_repeated: false,
            cookies: Box::leak(Box::new(cookies)),
        };
        placement.alone()
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

    /// PHP makes lists of them, and reads them beside the fields of the query.
    #[test]
    fn in_cookies_of_one_name() {
        for text in [
            "a=b; q={}",
            "a=x,y; q={}",
            "a=x, y z; q={}; b",
            ".AspNetCore.Session=x; __Host-q={}",
            ".q={}; a[b]=x",
            "q[]={}; =; ; ,;",
            "a=q=x; q={}",
        ] {
            assert_eq!(in_field("cookie", text, false), Placement::Whole, "{text}");
        }
        for (text, other) in [
            ("q=pad; q={}", "q"),
            ("q[]=pppppppp; q[]={}", "q[]"),
            ("q[]=a; q[0]={}", "q[0]"),
            ("q={}; Q=pad", "q"),
            ("q={};%71=pad", "q"),
            ("q={}; a=b;\tq.x=pad", "q"),
            ("q={}; q", "q"),
            ("a=b,q=pad; q={}", "q"),
            (".q=pad; q={}", "q"),
        ] {
            let found = in_field("cookie", text, false);
            assert_eq!(found, Placement::Repeated(other), "{text}");
        }
        for text in [
            "[q]=pad; q={}",
            "q ={}; q=pad",
            "q =pad; q={}",
            "+q=pad; q={}",
            "a:b=pad; q={}",
            "a=b,c d=pad; q={}",
            "=pad; q={}",
            "q[13]={}",
            "MAX_FILE_SIZE={}",
        ] {
            assert_ne!(in_field("cookie", text, false), Placement::Whole, "{text}");
        }
    }

    #[test]
    fn in_a_url() {
        for (text, is_whole) in [
            ("{}", true),
            ("q={}", true),
            ("a=b&q={}", true),
            ("q={}&a=b", true),
            ("q=x{}", false),
            ("q={}x", false),
            ("q=a={}", false),
            ("{}=q", false),
            ("a&{}", false),
            ("{}&a", false),
            ("q={};a=b", false),
        ] {
            let expected = Placement::whole_if(is_whole);
            assert_eq!(in_query(text), expected, "{text}");
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
