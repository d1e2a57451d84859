//! The request methods that a step may use.

/// A method that HTTPStep knows, and PATCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// RFC 9110, section 9.3.3.
    Post,
    /// RFC 9110, section 9.3.1.
    Get,
    /// RFC 9110, section 9.3.4.
    Put,
    /// RFC 9110, section 9.3.5.
    Delete,
    /// RFC 9110, section 9.3.2.
    Head,
    /// RFC 9110, section 9.3.7.
    Options,
    /// RFC 5789.
    Patch,
}

impl Method {
    /// The method of that name. Methods are case-sensitive.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "POST" => Self::Post,
            "GET" => Self::Get,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "PATCH" => Self::Patch,
            _ => return None,
        })
    }

    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
        }
    }

    /// Whether an empty body is announced with `Content-Length: 0`. RFC 9110, section 8.6, requires
    /// it for methods that usually have a body; the requests library does it for all methods but two.
    pub(crate) fn says_no_body(self) -> bool {
        !matches!(self, Self::Get | Self::Head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_names_are_case_sensitive() {
        for name in ["POST", "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] {
            assert_eq!(Method::parse(name).map(Method::name), Some(name));
        }
        for name in ["", "get", "FETCH", "CONNECT", "TRACE", " GET", "GET\n"] {
            assert_eq!(Method::parse(name), None, "{name}");
        }
    }
}
