//! The values of expressions are read as the file is, with the same messages.

use http_step_file::{ClientCertificate, Proxies, Timeouts, Tls, TlsVersion, Verify};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[test]
fn values() {
    assert_eq!(
        read(json!({"connect": 3, "total": 60.5})),
        Ok(Timeouts {
            connect: Some(3.0),
            read: None,
            total: Some(60.5),
        })
    );
    assert_eq!(read(json!(false)), Ok(Verify::None));
    // A value is never rendered again.
    assert_eq!(
        read(json!("${{ property.a }}")),
        Ok(Verify::CaFile("${{ property.a }}".to_owned()))
    );
    assert_eq!(
        read(json!(["a", "b"])),
        Ok(ClientCertificate {
            certificate: "a".to_owned(),
            key: Some("b".to_owned()),
        })
    );
    assert_eq!(
        read(json!({"min_version": 1.3})),
        Ok(Tls {
            min_version: Some(TlsVersion::Tls13),
            pinned_keys: vec![],
        })
    );
    assert_eq!(
        read(json!({"all": "http://a:1"})),
        Ok(Proxies(vec![("all".to_owned(), "http://a:1".to_owned())]))
    );
}

#[test]
fn diagnostics() {
    assert_eq!(
        read::<Timeouts>(json!({"connect": 0, "reed": 1})),
        Err("`connect`: a timeout must be more than 0 and at most 31536000 seconds, not 0; leave it out for no timeout; \
             unknown key `reed`, did you mean `read`?"
            .to_owned())
    );
    assert_eq!(
        read::<Timeouts>(json!("soon")),
        Err("expected seconds, `[connect, read]` or a mapping of `connect`, `read` and `total`, not a string".to_owned())
    );
    assert_eq!(
        read::<Verify>(json!(null)),
        Err("expected `true`, `false` or the path of a PEM file, not null".to_owned())
    );
    assert_eq!(
        read::<ClientCertificate>(json!({})),
        Err("expected the path of a PEM file or `[certificate, key]`, not a mapping".to_owned())
    );
    assert_eq!(
        read::<Proxies>(json!({"https": "proxy:3128"})),
        Err(
            "`https`: a proxy's URL must start with `http://`, `https://`, `socks5://` or `socks5h://`; did you mean `http://…`?"
                .to_owned()
        )
    );
}
