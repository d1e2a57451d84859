//! Hidden header values, in the log and in the result.

use crate::header::{Header, value_of};
use crate::log::user_info;

/// The text in place of a hidden value.
pub(crate) const HIDDEN: &str = "<HIDDEN>";

/// Headers that are always hidden, since they contain credentials by definition.
const ALWAYS: [&str; 4] = [
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "Set-Cookie",
];

/// The names of headers whose values are hidden, case-insensitive.
pub(crate) struct Masks {
    pub(crate) request: Vec<String>,
    pub(crate) response: Vec<String>,
}

impl Masks {
    /// Warnings about names that hide nothing: a typo in a name would show the value of the header
    /// that was meant.
    pub(crate) fn warnings(&self, headers: &[Header]) -> Vec<String> {
        let hides_nothing = |name: &&String| {
            // A server can still set the first cookie when it redirects.
            !name.eq_ignore_ascii_case("Cookie") && value_of(headers, name).is_none()
        };
        let warning = |name: &String| {
            format!(
                "`hide_request_headers` contains `{}`, but the request has no such header",
                name.escape_debug()
            )
        };
        self.request
            .iter()
            .filter(hides_nothing)
            .map(warning)
            .collect()
    }

    /// Request headers with hidden values.
    pub(crate) fn mask_request(&self, headers: &[Header]) -> Vec<Header> {
        masked(headers, &self.request)
    }

    /// Response headers with hidden values.
    pub(crate) fn mask_response(&self, headers: &[Header]) -> Vec<Header> {
        let mut shown = masked(headers, &self.response);
        for Header { name, value } in &mut shown {
            if let Some(range) = user_info::find(name, value) {
                value.replace_range(range, HIDDEN);
            }
        }
        shown
    }

    /// Whether the target of a redirect is hidden.
    pub(crate) fn hides_location(&self) -> bool {
        is_hidden("Location", &self.response)
    }

    /// Whether a request header is for the step's own server only. Hidden values are not sent to
    /// other servers.
    pub(crate) fn is_confidential(&self, name: &str) -> bool {
        is_hidden(name, &self.request)
    }
}

fn masked(headers: &[Header], hidden: &[String]) -> Vec<Header> {
    headers
        .iter()
        .map(|header| Header {
            name: header.name.clone(),
            value: if is_hidden(&header.name, hidden) {
                HIDDEN.to_owned()
            } else {
                header.value.clone()
            },
        })
        .collect()
}

fn is_hidden(name: &str, hidden: &[String]) -> bool {
    let is_name = |other: &str| other.eq_ignore_ascii_case(name);
    ALWAYS.into_iter().any(is_name) || hidden.iter().any(|other| is_name(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_by_list_or_by_default() {
        let masks = Masks {
            request: vec!["x-token".to_owned()],
            response: vec!["X-Session".to_owned()],
        };
        let cases = [
            ("X-Token", true, false),
            ("x-session", false, true),
            ("AUTHORIZATION", true, true),
            ("Proxy-Authorization", true, true),
            ("cookie", true, true),
            ("Set-Cookie", true, true),
            ("X-Token-2", false, false),
        ];
        for (name, request, response) in cases {
            let header = Header {
                name: name.to_owned(),
                value: "value".to_owned(),
            };
            let shown = |hidden: bool| {
                let value = if hidden { "<HIDDEN>" } else { "value" }.to_owned();
                vec![Header {
                    name: name.to_owned(),
                    value,
                }]
            };
            let headers = [header];
            assert_eq!(masks.mask_request(&headers), shown(request), "{name}");
            assert_eq!(masks.mask_response(&headers), shown(response), "{name}");
            assert_eq!(masks.is_confidential(name), request, "{name}");
        }
    }

    #[test]
    fn a_location_is_shown_without_a_password() {
        let masks = Masks {
            request: vec![],
            response: vec![],
        };
        let header = |name: &str, value: &str| Header {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        assert_eq!(
            masks.mask_response(&[
                header("location", "http://user:hunter2@h/"),
                header("x-other", "http://user:hunter2@h/"),
            ]),
            [
                header("location", "http://<HIDDEN>@h/"),
                header("x-other", "http://user:hunter2@h/"),
            ]
        );
    }
}
