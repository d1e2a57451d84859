//! When a certificate expires (RFC 5280, section 4.1.2.5).

use std::time::SystemTime;

use yasna::tags::{TAG_GENERALIZEDTIME, TAG_UTCTIME};
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader, BERReaderSeq, Tag};

/// The `notAfter` of a certificate in DER; none if it has no valid one.
pub(super) fn expires(der: &[u8]) -> Option<SystemTime> {
    yasna::parse_der(der, |certificate| {
        certificate.read_sequence(|fields| {
            let expires = fields.next().read_sequence(not_after);
            skip_rest(fields)?;
            expires
        })
    })
    .ok()
}

/// Of a `TBSCertificate`.
fn not_after(fields: &mut BERReaderSeq<'_, '_>) -> ASN1Result<SystemTime> {
    fields.read_optional(|version| version.read_tagged(Tag::context(0), |it| it.read_der()))?;
    for _serial_signature_issuer in 0..3 {
        fields.next().read_der()?;
    }
    let expires = fields.next().read_sequence(|validity| {
        validity.next().read_der()?;
        time(validity.next())
    });
    skip_rest(fields)?;
    expires
}

fn time(value: BERReader<'_, '_>) -> ASN1Result<SystemTime> {
    let time = match value.lookahead_tag()? {
        TAG_UTCTIME => *value.read_utctime()?.datetime(),
        TAG_GENERALIZEDTIME => *value.read_generalized_time()?.datetime(),
        _ => return Err(ASN1Error::new(ASN1ErrorKind::Invalid)),
    };
    Ok(time.into())
}

/// A sequence has to be read to its end.
fn skip_rest(fields: &mut BERReaderSeq<'_, '_>) -> ASN1Result<()> {
    while fields.read_optional(|field| field.read_der())?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// `notAfter` is a UTCTime up to 2049, later a GeneralizedTime. By openssl.
    const CERTIFICATES: [(&str, u64); 2] = [
        (
            "\
         MIIBezCCASGgAwIBAgIUe4EsINVZXprg5KH+9PIymzpNI9AwCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIb25lLnRlc3QwHhcNMjYx\
         MTI4MDYzODI4WhcNMzYxMTI1MDYzODI4WjATMREwDwYDVQQDDAhvbmUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPu9\
         wy8o0mMHRG1R36GufG9SlsNy5FNiKCM0cRPXweLLi8Ptz8vRhxQ7d90Z5jnw40a61mXZRjVhYTWDWAKIqD6jUzBRMB0GA1UdDgQW\
         BBRvvvY/Bnut4P689Jzzp16lwASp2jAfBgNVHSMEGDAWgBRvvvY/Bnut4P689Jzzp16lwASp2jAPBgNVHRMBAf8EBTADAQH/MAoG\
         CCqGSM49BAMCA0gAMEUCIGvA3uK+RMZCHYRS0Janb8hEdK94FzHMTRsyp7v/jfNSAiEA8e16fHVeYDwI8CfKu9sedtGGAVmjRvPN\
         VDAwMYtpUnA=",
            2111207908,
        ),
        (
            "\
         MIIBfTCCASOgAwIBAgIUecA+0yZ4cgfauUtal2BMN2k4UxowCgYIKoZIzj0EAwIwEzERMA8GA1UEAwwIb25lLnRlc3QwIBcNMjYx\
         MTI4MDYzODE0WhgPMjEyNjExMDQwNjM4MTRaMBMxETAPBgNVBAMMCG9uZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\
         c5TOgg/YgVvfHxmm7AH0tDchV3O+ZI6RQyKaKwqzdVNBqBdljUYCPUPOUVp1+Ri/taauOgndXx1d51NvqJCE5KNTMFEwHQYDVR0O\
         BBYEFOU0uDbm1B1m1wCF+HsQvpojljF3MB8GA1UdIwQYMBaAFOU0uDbm1B1m1wCF+HsQvpojljF3MA8GA1UdEwEB/wQFMAMBAf8w\
         CgYIKoZIzj0EAwIDSAAwRQIhAP/Yn0+N46ufHESV4MUtFrk7c/lsb64/JNsNapCSpy0WAiBLd33fXd+WMOMc2ftpAwQUzsQSW70E\
         VPETT8FoSAXLuA==",
            4949447894,
        ),
    ];

    #[test]
    fn both_forms_of_dates() {
        for (certificate, seconds) in CERTIFICATES {
            let der = STANDARD.decode(certificate).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(expires(&der), Some(time));
        }
    }

    #[test]
    fn what_is_no_certificate_has_none() {
        let der = STANDARD.decode(CERTIFICATES[0].0).unwrap();
        for length in 0..der.len() {
            assert_eq!(expires(&der[..length]), None);
        }
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 0xff;
            // Whatever it is, there is no panic.
            _ = expires(&changed);
        }
    }
}
