//! Where a request can contain the value of a secret, or be signed with it.

use std::fmt;

use serde::Serialize;

/// A place in a request for the value of a secret, or a signature made with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The value of a header field, `Authorization` with the Base64 of `Basic`
    /// included.
    Header,
    /// The URL's query.
    Query,
    /// The URL's path.
    Path,
    /// The body.
    Body,
    /// The whole URL, including the origin: the value decides where the request goes.
    Url,
    /// A signature made with the value. The value itself does not leave the host.
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

    /// The places of a secret for which the policy names none.
    pub const BY_DEFAULT: [Self; 3] = [Self::Header, Self::Signature, Self::Token];

    /// The places where other text can be next to a value.
    pub const COMPOSABLE: [Self; 5] =
        [Self::Header, Self::Query, Self::Path, Self::Body, Self::Url];

    /// Its name in policies.
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

    /// Where in a request a secret is, before the words "a request".
    pub(crate) fn in_request(self) -> &'static str {
        match self {
            Self::Header => "in a header of",
            Self::Query => "in the query of",
            Self::Path => "in the path of",
            Self::Body => "in the body of",
            Self::Url => "as the URL of",
            Self::Signature => "as the signing key of",
            Self::Token => "for the token of",
        }
    }

    /// What a secret has to be there if no other text is allowed next to it.
    pub(crate) fn whole(self) -> &'static str {
        match self {
            Self::Header => {
                "the whole value of a header, or in `Authorization` follow a scheme such as `Bearer`"
            }
            Self::Query => "a whole query value",
            Self::Path => "a whole path segment",
            Self::Body => {
                "a whole form field, multipart part, JSON string or text of the body, in a format that all servers read in the same way"
            }
            Self::Url => "the whole URL",
            Self::Signature => "the whole key, as in `${{ secret.NAME }}`",
            Self::Token => "the whole client ID or secret, as in `${{ secret.NAME }}`",
        }
    }

    /// What a secret is granted for.
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
