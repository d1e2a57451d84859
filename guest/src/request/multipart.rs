//! `multipart/form-data` bodies (RFC 7578).

use thiserror::Error;

use crate::digest;
use crate::header::{self, HeaderError};
use crate::render::{File, Pair};

/// Why a file is not a valid part.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum MultipartError {
    #[error("in `files`, {0}")]
    Header(#[from] HeaderError),
    #[error("the step sets the header `{0}` in `files`; use `{1}` instead")]
    Reserved(String, &'static str),
}

/// The body, and its media type with the boundary.
pub(crate) fn encode(fields: &[Pair], files: &[File]) -> Result<(Vec<u8>, String), MultipartError> {
    let mut parts = Vec::with_capacity(fields.len() + files.len());
    for (name, value) in fields {
        parts.push((field_head(name), value.as_bytes()));
    }
    for file in files {
        parts.push((file_head(file)?, file.content.as_slice()));
    }
    let boundary = boundary(&parts);
    let length: usize = parts
        .iter()
        .map(|(head, content)| head.len() + content.len() + boundary.len() + 6)
        .sum();
    let mut body = Vec::with_capacity(length + boundary.len() + 6);
    for (head, content) in &parts {
        for piece in ["--", &boundary, "\r\n", head] {
            body.extend_from_slice(piece.as_bytes());
        }
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    for piece in ["--", &boundary, "--\r\n"] {
        body.extend_from_slice(piece.as_bytes());
    }
    Ok((body, format!("multipart/form-data; boundary={boundary}")))
}

fn field_head(name: &str) -> String {
    format!(
        "Content-Disposition: form-data; name=\"{}\"\r\n\r\n",
        quoted(name)
    )
}

fn file_head(file: &File) -> Result<String, MultipartError> {
    let mut head = format!(
        "Content-Disposition: form-data; name=\"{}\"",
        quoted(&file.name)
    );
    if let Some(filename) = &file.filename {
        head.push_str(&format!("; filename=\"{}\"", quoted(filename)));
    }
    head.push_str("\r\n");
    let content_type = file
        .content_type
        .iter()
        .map(|value| ("Content-Type", value));
    let own = file
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value));
    for (name, value) in content_type.chain(own) {
        let header = header::checked(name.to_owned(), value)?;
        head.push_str(&format!("{}: {}\r\n", header.name, header.value));
    }
    for (name, _) in &file.headers {
        for (reserved, setting) in [
            ("Content-Disposition", "filename"),
            ("Content-Type", "content_type"),
        ] {
            if name.eq_ignore_ascii_case(reserved) {
                return Err(MultipartError::Reserved(name.clone(), setting));
            }
        }
    }
    head.push_str("\r\n");
    Ok(head)
}

/// A name, quoted as in browsers (HTML, "multipart form data").
fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '"' => text.push_str("%22"),
            '\r' => text.push_str("%0D"),
            '\n' => text.push_str("%0A"),
            c => text.push(c),
        }
    }
    text
}

/// A boundary that no part contains.
///
/// It derives from the SHA-256 of the parts, so the same step always sends the same bytes, and a
/// file can't contain it, since that would change it. The parts are searched for it nevertheless.
fn boundary(parts: &[(String, &[u8])]) -> String {
    let mut seed = Vec::with_capacity(parts.len() * 64);
    for (head, content) in parts {
        seed.extend_from_slice(digest::digest(head.as_bytes()).sha256.as_bytes());
        seed.extend_from_slice(digest::digest(content).sha256.as_bytes());
    }
    loop {
        let boundary = digest::digest(&seed).sha256;
        let is_in = |bytes: &[u8]| contains(bytes, boundary.as_bytes());
        if !parts
            .iter()
            .any(|(head, content)| is_in(head.as_bytes()) || is_in(content))
        {
            return boundary;
        }
        seed = boundary.into_bytes();
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    // Files can be large, and the first byte excludes most places.
    bytes
        .windows(wanted.len())
        .any(|window| window.first() == wanted.first() && window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(name: &str) -> File {
        File {
            name: name.to_owned(),
            filename: None,
            content_type: None,
            headers: vec![],
            content: b"content".to_vec(),
        }
    }

    fn pair(name: &str, value: &str) -> Pair {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn fields_stand_before_files() {
        let files = [
            File {
                filename: Some("a \"b\"\r\n.png".to_owned()),
                content_type: Some("image/png".to_owned()),
                headers: vec![pair("X-Part", "1")],
                content: vec![0x89, b'P', 0, b'\r', b'\n'],
                ..file("upload")
            },
            file("größe"),
            File {
                content_type: Some("application/json".to_owned()),
                ..file("upload")
            },
        ];
        let (body, content_type) = encode(&[pair("a\"b", "1\n2")], &files).unwrap();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&body).replace(boundary, "B"),
            concat!(
                "--B\r\n",
                "Content-Disposition: form-data; name=\"a%22b\"\r\n",
                "\r\n",
                "1\n2\r\n",
                "--B\r\n",
                "Content-Disposition: form-data; name=\"upload\"; filename=\"a %22b%22%0D%0A.png\"\r\n",
                "Content-Type: image/png\r\n",
                "X-Part: 1\r\n",
                "\r\n",
                "\u{fffd}P\0\r\n\r\n",
                "--B\r\n",
                "Content-Disposition: form-data; name=\"größe\"\r\n",
                "\r\n",
                "content\r\n",
                "--B\r\n",
                "Content-Disposition: form-data; name=\"upload\"\r\n",
                "Content-Type: application/json\r\n",
                "\r\n",
                "content\r\n",
                "--B--\r\n",
            )
        );
        assert_eq!(encode(&[pair("a\"b", "1\n2")], &files).unwrap().0, body);
    }

    #[test]
    fn a_body_without_parts_is_still_one() {
        let (body, content_type) = encode(&[], &[]).unwrap();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        assert_eq!(body, format!("--{boundary}--\r\n").into_bytes());
    }

    #[test]
    fn headers_of_a_part_are_checked() {
        for (name, value, message) in [
            (
                "a b",
                "secret",
                "in `files`, `a b` is not a valid header name: use letters, digits and !#$%&'*+-.^_`|~",
            ),
            (
                "X",
                "a\r\nY: b",
                "in `files`, the value of the header `X` contains a line break or another control character",
            ),
            (
                "content-disposition",
                "x",
                "the step sets the header `content-disposition` in `files`; use `filename` instead",
            ),
            (
                "Content-Type",
                "x",
                "the step sets the header `Content-Type` in `files`; use `content_type` instead",
            ),
        ] {
            let file = File {
                headers: vec![pair(name, value)],
                ..file("f")
            };
            assert_eq!(encode(&[], &[file]).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_boundary_that_occurs_is_not_used() {
        // No content holds its own hash, so the search is tested by itself.
        assert!(contains(b"xxab", b"ab") && contains(b"ab", b"ab"));
        assert!(!contains(b"xxa", b"ab") && !contains(b"", b"ab"));
    }

    proptest! {
        #[test]
        fn parts_are_read_back(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4)
        ) {
            let files: Vec<File> = contents
                .iter()
                .map(|content| File { content: content.clone(), ..file("f") })
                .collect();
            let (body, content_type) = encode(&[], &files).unwrap();
            let boundary = content_type.split('=').nth(1).unwrap().as_bytes();
            let delimiter = [b"--", boundary].concat();
            let starts: Vec<usize> = (0..body.len())
                .filter(|&at| body[at..].starts_with(&delimiter))
                .collect();
            let read: Vec<&[u8]> = starts
                .windows(2)
                .map(|part| {
                    let part = &body[part[0]..part[1] - 2];
                    let head = part.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
                    &part[head + 4..]
                })
                .collect();
            prop_assert_eq!(read, contents);
        }
    }
}
