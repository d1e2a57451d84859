//! TLS settings of a policy and of a step, and the result of both.

use http_step_policy::{
    PinnedKey, Policy, TlsAsk, TlsRequest, TlsTerms, TlsVersion, VerifyRequest,
};

use crate::{origin, policy};

fn terms(policy: &Policy, to: &str, requested: &TlsRequest) -> Result<TlsTerms, String> {
    let permit = policy.admit(&origin(to), "GET").unwrap();
    permit
        .tls(requested)
        .map_err(|denial| crate::with_grant(&denial))
}

fn verify(verify: VerifyRequest) -> TlsRequest {
    TlsRequest {
        verify,
        ..TlsRequest::default()
    }
}

fn min_version(version: TlsVersion) -> TlsRequest {
    TlsRequest {
        min_version: Some(version),
        ..TlsRequest::default()
    }
}

fn pinned(keys: &[PinnedKey]) -> TlsRequest {
    TlsRequest {
        pinned_keys: keys.to_vec(),
        ..TlsRequest::default()
    }
}

const A: &str = "https://a.example";

#[test]
fn by_default_a_step_may_be_stricter_but_not_laxer() {
    let policy = Policy::nothing().allow(A.parse().unwrap());
    let default = TlsTerms {
        verify: VerifyRequest::Default,
        client_certificate: false,
        min_version: TlsVersion::Tls12,
        pinned_keys: vec![],
        step_pinned_keys: vec![],
    };
    let key = PinnedKey::from_spki(b"key");
    assert_eq!(
        terms(&policy, A, &TlsRequest::default()),
        Ok(default.clone())
    );
    assert_eq!(
        terms(&policy, A, &min_version(TlsVersion::Tls13)),
        Ok(TlsTerms {
            min_version: TlsVersion::Tls13,
            ..default.clone()
        })
    );
    assert_eq!(
        terms(&policy, A, &pinned(&[key])),
        Ok(TlsTerms {
            step_pinned_keys: vec![key],
            ..default
        })
    );
    for (requested, words, setting) in [
        (verify(VerifyRequest::None), "verify: false", "verify-none"),
        (verify(VerifyRequest::CaFile), "verify: FILE", "ca-file"),
        (
            TlsRequest {
                client_certificate: true,
                ..TlsRequest::default()
            },
            "cert",
            "client-certificate",
        ),
    ] {
        assert_eq!(
            terms(&policy, A, &requested),
            Err(format!(
                "the policy does not allow `{words}` for https://a.example: the only TLS settings for \
                 steps are pinned-key and min-version; \
                 `steps_may: [{setting}, pinned-key, min-version]` under `tls:`"
            ))
        );
    }
}

#[test]
fn allow_tls_grants_settings() {
    let policy = Policy::nothing().allow(A.parse().unwrap());
    let requested = TlsRequest {
        verify: VerifyRequest::None,
        client_certificate: true,
        ..min_version(TlsVersion::Tls13)
    };
    assert!(terms(&policy, A, &requested).is_err());
    let granted = policy
        .allow_tls(TlsAsk::VerifyNone)
        .allow_tls(TlsAsk::ClientCertificate);
    assert_eq!(
        terms(&granted, A, &requested),
        Ok(TlsTerms {
            verify: VerifyRequest::None,
            client_certificate: true,
            min_version: TlsVersion::Tls13,
            ..TlsTerms::default()
        })
    );
}

#[test]
fn a_rule_overrides_the_policy_key_by_key() {
    let (one, two) = (PinnedKey::from_spki(b"one"), PinnedKey::from_spki(b"two"));
    let policy = policy(&format!(
        "
allow:
  - https://a.example
  - origin: https://b.example
    tls: {{min_version: 1.2, steps_may: [verify-none]}}
  - origin: https://c.example
    tls:
      pinned_keys: []
tls:
  min_version: '1.3'
  pinned_keys: ['{one}']
  steps_may: []
"
    ));
    let given = |min_version, pinned_keys: &[PinnedKey]| TlsTerms {
        min_version,
        pinned_keys: pinned_keys.to_vec(),
        ..TlsTerms::default()
    };
    let ask = TlsRequest::default();
    let (tls12, tls13) = (TlsVersion::Tls12, TlsVersion::Tls13);
    assert_eq!(terms(&policy, A, &ask), Ok(given(tls13, &[one])));
    assert_eq!(
        terms(&policy, "https://b.example", &ask),
        Ok(given(tls12, &[one]))
    );
    assert_eq!(
        terms(&policy, "https://c.example", &ask),
        Ok(given(tls13, &[]))
    );
    assert_eq!(
        terms(&policy, "https://b.example", &verify(VerifyRequest::None)),
        Ok(TlsTerms {
            verify: VerifyRequest::None,
            ..given(tls12, &[one])
        })
    );
    assert_eq!(
        terms(&policy, A, &pinned(&[two])).unwrap_err(),
        "the policy does not allow `tls.pinned_keys` for https://a.example: steps may not use TLS settings; \
         `steps_may: [pinned-key]` under `tls:` in policy.yaml"
    );
    assert_eq!(
        terms(&policy, "https://b.example", &verify(VerifyRequest::CaFile)).unwrap_err(),
        "the policy does not allow `verify: FILE` for https://b.example: the only TLS settings for steps are verify-none; \
         `steps_may: [verify-none, ca-file]` under `tls:` of the rule in line 4 in policy.yaml"
    );
}

#[test]
fn the_stricter_version_wins() {
    let policy = policy("allow: [https://a.example]\ntls: {min_version: 1.3}");
    let requested = min_version(TlsVersion::Tls12);
    let terms = terms(&policy, A, &requested).unwrap();
    assert_eq!(terms.min_version, TlsVersion::Tls13);
}

#[test]
fn a_key_has_to_be_on_both_lists() {
    let [one, two, three] = [b"1", b"2", b"3"].map(|key| PinnedKey::from_spki(key));
    let terms = |policy: &[PinnedKey], step: &[PinnedKey]| TlsTerms {
        pinned_keys: policy.to_vec(),
        step_pinned_keys: step.to_vec(),
        ..TlsTerms::default()
    };
    for (terms, accepted) in [
        (terms(&[], &[]), [true, true, true]),
        (terms(&[one, two], &[]), [true, true, false]),
        (terms(&[], &[two, three]), [false, true, true]),
        (terms(&[one, two], &[two, three]), [false, true, false]),
        (terms(&[one], &[two]), [false, false, false]),
    ] {
        assert_eq!(
            [one, two, three].map(|key| terms.accept_key(&key)),
            accepted
        );
    }
}

#[test]
fn pinned_keys_are_written_as_for_curl() {
    let text = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let key: PinnedKey = text.parse().unwrap();
    assert_eq!(key, PinnedKey::from_spki(b""));
    assert_eq!(key.to_string(), text);
    assert_eq!(format!("{key:?}"), text);
    for text in [
        "",
        "sha256//",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha1//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        "sha256//47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF==",
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFVA",
        // curl accepts several, separated by `;`: here they are a list.
        "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    ] {
        assert!(text.parse::<PinnedKey>().is_err(), "{text}");
    }
}
