//! What counts as a part of a value, and what causes a look-up.

use std::cell::Cell;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::*;
use crate::digits::digits;
use crate::spelling::in_utf16;

thread_local! {
    /// How many times parts have been compared.
    pub(super) static LOOKED_UP: Cell<usize> = const { Cell::new(0) };
}

/// The parts of all owners are reported.
fn all(parts: &Parts) -> Reported {
    parts.of(|_| true).unwrap()
}

/// The ends and lengths of the parts of a value in a text.
fn found(value: &str, text: &str) -> Vec<(usize, usize)> {
    let mut builder = PartsBuilder::default();
    builder.add(7, value.as_bytes());
    let Some(parts) = Parts::new(builder) else {
        return Vec::new();
    };
    let (mut last, mut found) = (Last::default(), Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        last.push(byte);
        parts.find(last, &all(&parts), |owner, length| {
            assert_eq!(owner, 7);
            found.push((at + 1, length));
        });
    }
    found
}

/// Reading in chunks finds the same as byte by byte, however a stream is split.
#[test]
fn chunks_find_the_same_as_single_bytes() {
    let value = "correct horse battery";
    for before in 0..2 * CHUNK {
        let text = format!("{}{}", "x".repeat(before), value.to_uppercase());
        let expected = found(value, &text);
        let mut builder = PartsBuilder::default();
        builder.add(7, value.as_bytes());
        let parts = Parts::new(builder).unwrap();
        for length in [1, 7, CHUNK, CHUNK + 1, text.len()] {
            let (mut last, mut read, mut found) = (Last::default(), 0, Vec::new());
            for piece in text.as_bytes().chunks(length) {
                let mut ends = Vec::new();
                parts.find_in(&mut last, piece, &all(&parts), |end, _, length| {
                    ends.push((read + end, length));
                });
                found.append(&mut ends);
                read += piece.len();
            }
            assert_eq!(found, expected, "{before}, {length}");
        }
    }
}

/// How often parts are compared in a text, in both ways of reading.
fn looked_up(parts: &Parts, text: &[u8]) -> usize {
    LOOKED_UP.set(0);
    let reported = all(parts);
    parts.find_in(&mut Last::default(), text, &reported, |_, _, _| ());
    let in_chunks = LOOKED_UP.get();
    let mut last = Last::default();
    for byte in text {
        last.push(*byte);
        parts.find(last, &reported, |_, _| ());
    }
    assert_eq!(LOOKED_UP.get(), 2 * in_chunks);
    in_chunks
}

/// Otherwise the time would confirm a guess that is too short to be reported.
#[test]
fn text_shorter_than_a_part_causes_no_lookups() {
    let value = b"kQ9mLx2Vt0Pz7wYbRr4TnE8s";
    let mut builder = PartsBuilder::default();
    builder.add(0, value);
    let parts = Parts::new(builder).unwrap();
    let (hexadecimal, base64) = digits(value);
    let [little, big] = in_utf16(std::str::from_utf8(value).unwrap());
    let mut kinds = vec![(value.to_vec(), 4..8)];
    kinds.extend([hexadecimal, little, big].map(|text| (text, 4..16)));
    kinds.extend(base64.into_iter().map(|text| (text, 4..10)));
    for (text, shorter) in kinds {
        for part in text.windows(shorter.end) {
            assert_eq!(looked_up(&parts, &[b"|", part, b"|"].concat()), 1);
        }
        for length in shorter {
            for cut in text.windows(length) {
                let text = [b"|", cut, b"|"].concat();
                assert_eq!(looked_up(&parts, &text), 0, "{cut:?}");
            }
        }
    }
}

/// Bytes that differ from a part in one byte cause comparisons as rarely as any others.
#[test]
fn near_misses_cause_comparisons_as_rarely_as_any_text() {
    let value = b"kQ9mLx2Vt0Pz7wYbRr4TnE8s";
    let mut builder = PartsBuilder::default();
    builder.add(0, value);
    let parts = Parts::new(builder).unwrap();
    for (known, length) in parts.known.iter().zip(LENGTHS) {
        for place in 0..length {
            let mut hits = 0;
            for (bytes, _) in known {
                for other in (1..=255).map(|bits| bytes ^ bits << (8 * place)) {
                    let last = Last::from_number(other);
                    LOOKED_UP.set(0);
                    parts.find(last, &all(&parts), |_, _| ());
                    hits += LOOKED_UP.get();
                }
            }
            let tried = known.len() * 255;
            assert!(hits * 500 < tried, "{length}, {place}: {hits} of {tried}");
        }
    }
}

/// Once the parts of an owner are no longer reported, they take the same time as other text.
#[test]
fn silenced_owners_cause_no_lookups() {
    let mut builder = PartsBuilder::default();
    builder.add(0, b"AAbbCC11ddEE22ff");
    builder.add(1, b"Qq7-Zw9Lp-3Tb-Xy");
    let parts = Parts::new(builder).unwrap();
    let mut reported = all(&parts);
    let read = |text: &str, reported: &Reported| {
        LOOKED_UP.set(0);
        let mut owners = Vec::new();
        parts.find_in(
            &mut Last::default(),
            text.as_bytes(),
            reported,
            |_, owner, _| {
                owners.push(owner);
            },
        );
        (LOOKED_UP.get(), owners)
    };
    assert_eq!(read("<AAbbCC11>", &reported), (1, vec![0]));
    let memory = reported.memory();
    parts.silence(&mut reported, 0);
    assert_eq!(read("<AAbbCC11>", &reported), (0, vec![]));
    assert_eq!(read("<AAbbCC11>Qq7-Zw9L", &reported), (1, vec![1]));
    parts.silence(&mut reported, 1);
    assert_eq!(read("<AAbbCC11>Qq7-Zw9L", &reported), (0, vec![]));
    assert_eq!(reported.memory(), memory);

    // The same from the start.
    let only_second = parts.of(|owner| owner == 1).unwrap();
    assert_eq!(read("<AAbbCC11>", &only_second), (0, vec![]));
    assert_eq!(read("<AAbbCC11>Qq7-Zw9L", &only_second), (1, vec![1]));
    assert!(parts.of(|_| false).is_none());
}

#[test]
fn parts_have_eight_characters() {
    let value = "correct horse battery";
    assert_eq!(found(value, "correct"), []);
    assert_eq!(found(value, "correct "), [(8, 8)]);
    assert_eq!(found(value, "xx HORSE BATx"), [(10, 8), (11, 8), (12, 8)]);
    assert_eq!(found(value, "correcthorsebattery"), []);
    assert_eq!(found("1234567", "1234567"), []);
}

#[test]
fn encoded() {
    let value = "correct horse battery";
    for offset in 0..3 {
        let cut = BASE64_STANDARD.encode(format!("{}{}", "x".repeat(offset), &value[..9]));
        assert!(!found(value, &cut).is_empty(), "{cut}");
    }
    let hexadecimal = "636f727265637420";
    assert_eq!(found(value, hexadecimal), [(16, 16)]);
    assert_eq!(found(value, &hexadecimal[..14]), []);
}

#[test]
fn parts_of_all_forms() {
    let value = "pass word+with spaces";
    for text in [
        "pass+word",
        "pass word with",
        "p\0a\0s\0s\0 \0w\0o\0r\0d\0",
        "\0p\0a\0s\0s\0 \0w\0o\0r\0d",
        // base64("x:pass+word%2Bw"), as in the credentials of an OAuth client.
        "eDpwYXNzK3dvcmQlMkJ3",
    ] {
        assert!(!found(value, text).is_empty(), "{text:?}");
    }
    let long = "0123456789abcdef".repeat(300) + "correct horse battery";
    assert!(!found(&long, &BASE64_STANDARD.encode("xcorrect horse")).is_empty());
    for (value, part) in [
        ("https://user:pass-word@db.example.com/x", "pass-wor"),
        ("https://User7:pass-word@db.example.com/x", "User7:pa"),
        ("https://db.example.com?key=0123456789", "key=0123"),
        // A password with a slash.
        ("postgres://app:Sw0rdfishKq8z/x@db/x1", "Sw0rdfis"),
        ("postgres://app:Sw0rdfishKq8z#Zx@db/x1", "ishKq8z#"),
        // Short lines.
        ("able\nabout\nabove\nabuse", "le\nabout"),
        ("able\r\nabout\r\nabove", "le\r\nabou"),
        ("able\r\nabout\r\nabove", "le\nabout"),
        (
            "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIHAg\\n-----END PRIVATE KEY-----\\n",
            "MC4CAQAw",
        ),
    ] {
        assert!(!found(value, part).is_empty(), "{part}");
    }
}

/// A key of a service account: text that is in every response of the service is not a part.
#[test]
fn only_the_secrets_of_a_document_have_parts() {
    let value = r#"{
  "type": "service_account",
  "project_id": "example-project",
  "private_key_id": "0123456789abcdef0123456789abcdef01234567",
  "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nq83vASNFZ4mrze8BI0VniQ==\n-----END PRIVATE KEY-----\n",
  "client_email": "robot@example-project.iam.gserviceaccount.com",
  "auth_uri": "https://accounts.google.com/o/oauth2/auth",
  "other": ["https://www.example.com/oauth2/v1/certs", "correct-horse"]
}"#;
    for constant in [
        "service_account",
        r#"  "type": "service", "private_key": "-----BEGIN PRIVATE KEY-----\nMII"#,
        "robot@example-project.iam.gserviceaccount.com",
        "https://accounts.google.com/o/oauth2/auth https://www.example.com/oauth2/v1/certs",
    ] {
        assert_eq!(found(value, constant), [], "{constant}");
    }
    for part in ["q83vASNF", "BKcwggSj", "correct-"] {
        assert!(!found(value, part).is_empty(), "{part}");
    }
}

#[test]
fn shared_text_is_not_a_part() {
    for (value, constant) in [
        ("github_pat_11ABCDEFG0abcdefghijkl", "github_pat_11ABCD"),
        (
            "https://hooks.example.com/services/T0AB/B0/abcdefghijklmnop",
            "https://hooks.example.com/services/T0",
        ),
        (
            "postgresql://postgres:hunter2hunter@db.example.com:5432/application?sslmode=require&x=application",
            "postgresql://postgres: postgres@db.example.com:5432/application?sslmode=require&x=application",
        ),
        (
            "https://x-access-token:ghs_abcdefghij0123@github.com/",
            "https://x-access-token:ghs_",
        ),
        (
            "DefaultEndpointsProtocol=https;AccountName=abc;AccountKey=q83vASNFZ4mrze8BI0VniQ==;EndpointSuffix=core.windows.net",
            "DefaultEndpointsProtocol=https;AccountName=xyz; EndpointSuffix=core.windows.net",
        ),
        (
            "DATABASE_PASSWORD=correct-horse\nDATABASE_HOST=db.local\ndatabase_user: battery-staple",
            "DATABASE_PASSWORD is missing, and so are DATABASE_HOST=x and database_user: x",
        ),
        (
            "clusters:\n- name: example\n  server: https://k8s.example.com/\n  token: \"github_pat_11ABCDEFG0abcdef\"",
            "clusters: server: https://k8s.example.com/ github_pat_11",
        ),
        // The public and the private key of RSA start with the same text.
        (
            "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ\n-----END PRIVATE KEY-----",
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA",
        ),
        (
            "https://user:pass-word@db.example.com/",
            "https://db.example.com/",
        ),
        (
            "https://db.example.com:8443/hooks/a-long-name@kQ9mLx2Vt0Pz",
            "https://db.example.com:8443/hooks/",
        ),
        (
            "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",
            "T3BlbkFJ",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\\nMC4CAQAwBQYDK2VwBCIEIHAg\\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\\nMC4C -----END PRIVATE KEY-----",
        ),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHAg\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nMC4CAQA",
        ),
    ] {
        assert_eq!(found(value, constant), [], "{value}");
        assert!(!found(value, value).is_empty(), "{value}");
    }
}

/// ISO 8859-1 passes as a declared charset.
#[test]
fn parts_in_latin1() {
    let mut builder = PartsBuilder::default();
    builder.add(7, "pässwörtübergröße".as_bytes());
    let parts = Parts::new(builder).unwrap();
    let part = b"p\xe4ssw\xf6rt\xfcb";
    let base64 = BASE64_STANDARD.encode(part);
    let (hexadecimal, _) = digits(part);
    for (text, is_found) in [
        (&part[..8], true),
        (&part[..7], false),
        (base64.as_bytes(), true),
        (&hexadecimal[..16], true),
        (&hexadecimal[..14], false),
    ] {
        let mut found = false;
        parts.find_in(&mut Last::default(), text, &all(&parts), |_, _, _| {
            found = true
        });
        assert_eq!(found, is_found, "{text:?}");
    }
}
