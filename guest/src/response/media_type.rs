//! The Content-Type header: whether a body is text, and its charset.

use encoding_rs::Encoding;

/// Whether a media type is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    Text,
    Binary,
    /// The bytes decide.
    Unknown,
}

/// A media type (RFC 9110, section 8.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// Type and subtype in lower case; empty if there are none.
    pub(crate) essence: String,
    /// The charset, if it is known.
    pub(crate) charset: Option<&'static Encoding>,
}

impl MediaType {
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let charset = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
            .and_then(|(_, value)| {
                let label = value.trim().trim_matches(['"', '\'']);
                Encoding::for_label_no_replacement(label.as_bytes())
            });
        Self { essence, charset }
    }

    pub(crate) fn nature(&self) -> Nature {
        let Some((kind, subtype)) = self.essence.split_once('/') else {
            return Nature::Unknown;
        };
        // Text under other top-level types comes first: `image/svg+xml`.
        if kind == "text"
            || subtype.ends_with("+json")
            || subtype.ends_with("+xml")
            || subtype.ends_with("+yaml")
            || (kind == "application" && TEXT.contains(&subtype))
        {
            return Nature::Text;
        }
        if matches!(kind, "image" | "audio" | "video" | "font" | "model")
            || subtype.ends_with("+zip")
            || (kind == "application" && BINARY.contains(&subtype))
        {
            return Nature::Binary;
        }
        Nature::Unknown
    }
}

/// Text types under `application/`.
const TEXT: [&str; 14] = [
    "ecmascript",
    "graphql",
    "javascript",
    "json",
    "json-seq",
    "jwt",
    "ndjson",
    "sql",
    "toml",
    "x-ndjson",
    "x-sh",
    "x-www-form-urlencoded",
    "xml",
    "yaml",
];

/// Binary types under `application/`.
const BINARY: [&str; 18] = [
    "cbor",
    "gzip",
    "java-archive",
    "msgpack",
    "octet-stream",
    "pdf",
    "protobuf",
    "vnd.ms-excel",
    "vnd.ms-fontobject",
    "vnd.sqlite3",
    "wasm",
    "x-7z-compressed",
    "x-bzip2",
    "x-gzip",
    "x-protobuf",
    "x-tar",
    "zip",
    "zstd",
];

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, UTF_8, WINDOWS_1252};

    #[test]
    fn charsets() {
        for (text, essence, charset) in [
            ("", "", None),
            ("Text/HTML", "text/html", None),
            ("text/plain;charset=UTF-8", "text/plain", Some(UTF_8)),
            (
                "text/plain; a=b; Charset=\"iso-8859-1\" ; c",
                "text/plain",
                Some(WINDOWS_1252),
            ),
            ("text/plain; charset='sjis'", "text/plain", Some(SHIFT_JIS)),
            ("text/plain; charset=martian", "text/plain", None),
            ("text/plain; charset=replacement", "text/plain", None),
            ("; charset=utf8", "", Some(UTF_8)),
        ] {
            let media_type = MediaType::parse(text);
            assert_eq!(media_type.essence, essence);
            assert_eq!(media_type.charset, charset, "{text}");
        }
    }

    #[test]
    fn natures() {
        for (nature, types) in [
            (
                Nature::Text,
                "text/plain text/x-anything application/json application/problem+json image/svg+xml \
                 application/xml application/javascript application/x-www-form-urlencoded application/yaml",
            ),
            (
                Nature::Binary,
                "image/png audio/ogg video/mp4 font/woff2 application/octet-stream application/zip \
                 application/gzip application/pdf application/wasm application/epub+zip",
            ),
            (
                Nature::Unknown,
                "multipart/mixed application/x-mine nonsense application/",
            ),
        ] {
            for essence in types.split_whitespace() {
                assert_eq!(MediaType::parse(essence).nature(), nature, "{essence}");
            }
        }
    }
}
