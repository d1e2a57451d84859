//! Where in a request a value can stand, and that it can sign one.

use std::fmt;

use serde::Serialize;

/// A place in a request that a value is put into, or a signature that is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The value of a header field, `Authorization` with the Base64 of `Basic`
    /// included.
    Header,
    /// What follows `?` in the URL.
    Query,
    /// The URL's path.
    Path,
    /// The content of the request.
    Body,
    /// The URL as a whole, origin included: the value says where the request goes.
    Url,
    /// A signature made of the value, which itself does not leave the host.
    Signature,
    /// A token that the host fetches with the value: the request for it, and the requests
    /// that carry it.
    Token,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Header,
        Self::Query,
        Self::Path,
        Self::Body,
        Self::Url,
        Self::Signature,
        Self::Token,
    ];

    /// Where a secret may be if nothing is said of it.
    pub const BY_DEFAULT: [Self; 3] = [Self::Header, Self::Signature, Self::Token];

    /// Where a value can have other text beside it.
    pub const COMPOSABLE: [Self; 5] =
        [Self::Header, Self::Query, Self::Path, Self::Body, Self::Url];

    /// What policies call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Query => "query",
            Self::Path => "path",
            Self::Body => "body",
            Self::Url => "url",
            Self::Signature => "signature",
            Self::Token => "token",
        }
    }

    /// What a secret may do there, in the infinitive.
    pub(crate) fn in_request(self) -> &'static str {
        match self {
            Self::Header => "be in a header of a request",
            Self::Query => "be in the query of a request",
            Self::Path => "be in the path of a request",
            Self::Body => "be in the body of a request",
            Self::Url => "be the URL of a request",
            Self::Signature => "sign a request",
            Self::Token => "have a token",
        }
    }

    /// What a secret is there that stands by itself.
    pub(crate) fn whole(self) -> &'static str {
        match self {
            Self::Header => "the whole value of a field, or what follows a scheme as `Bearer`",
            Self::Query => "a whole value of the query",
            Self::Path => "a whole path segment",
            Self::Body => "a whole field, part, string or text of the body",
            Self::Url => "the whole URL",
            Self::Signature => "the whole key",
            Self::Token => "the whole ID or secret of a client",
        }
    }

    /// What a secret is lent for.
    pub(crate) fn in_requests(self) -> &'static str {
        match self {
            Self::Header => "headers",
            Self::Query => "queries",
            Self::Path => "paths",
            Self::Body => "bodies",
            Self::Url => "whole URLs",
            Self::Signature => "signatures",
            Self::Token => "tokens",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
