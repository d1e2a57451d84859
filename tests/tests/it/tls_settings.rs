//! TLS settings of a step and of a policy: the result of both, and the error where they conflict.

use std::fmt::Write as _;
use std::fs;

use expect_test::{Expect, expect};
use http_step_host::RunResult;
use http_step_tests::{Answer, Authority, Issued, Service, TlsServer, bench, error};
use tempfile::TempDir;
use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::version::{TLS12, TLS13};

/// A server with a certificate that the host trusts, and a directory of files that step files name.
struct Site {
    issued: Issued,
    directory: TempDir,
}

impl Site {
    fn new() -> Self {
        Self {
            issued: bench().authority.issue("one.test"),
            directory: TempDir::new().unwrap(),
        }
    }

    /// With a certificate that the host does not trust.
    fn issued_by(authority: &Authority) -> Self {
        Self {
            issued: authority.issue("one.test"),
            ..Self::new()
        }
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    /// The result of a request, for each pair of settings of a policy and a step.
    async fn report(&self, server: TlsServer<'_>, cases: &[(&str, &str)]) -> String {
        let service = Service::start_tls(server.acceptor(), |_| Answer::default()).await;
        let origin = format!("https://one.test:{}", service.port);
        let mut report = String::new();
        for (policy, step) in cases {
            let result = self.run(&origin, policy, step).await;
            let said = match [*policy, *step].join("") {
                said if said.is_empty() => "nothing is said".to_owned(),
                _ => [*policy, *step].join(" | "),
            };
            let end = error(&result, &origin)
                .replace(&self.directory.path().display().to_string(), "DIR")
                .replace(&self.issued.pin().to_string(), "PIN");
            let said = said.replace(&self.issued.pin().to_string(), "PIN");
            writeln!(report, "{said}\n  {end}").unwrap();
        }
        report
    }

    async fn run(&self, origin: &str, policy: &str, step: &str) -> RunResult {
        let policy = format!(
            "allow: ['{origin}']\nnetworks: [127.0.0.0/8]\nfiles: {{read: ['*']}}\n{policy}"
        );
        let step = format!("get: {origin}/\n{step}");
        bench()
            .run_with(&policy, &step, |job| job.files_under(self.directory.path()))
            .await
    }

    async fn check(&self, server: TlsServer<'_>, cases: &[(&str, &str)], expected: Expect) {
        expected.assert_eq(&self.report(server, cases).await);
    }
}

static TLS12_ALONE: &[&SupportedProtocolVersion] = &[&TLS12];
static TLS13_ALONE: &[&SupportedProtocolVersion] = &[&TLS13];

/// A policy that lets a step ask for everything.
const ALL: &str =
    "tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]}";

#[tokio::test]
async fn a_certificate_of_the_authority_of_the_step() {
    let authority = Authority::default();
    let site = Site::issued_by(&authority);
    site.file("ca.pem", &authority.pem());
    site.file("other.pem", &bench().authority.pem());
    site.file("text.pem", "not a certificate");
    let cases = [
        ("", ""),
        ("", "verify: false"),
        ("", "verify: ca.pem"),
        ("tls: {steps_may: [ca-file]}", "verify: false"),
        ("tls: {steps_may: [verify-none]}", "verify: ca.pem"),
        ("tls: {steps_may: [verify-none]}", "verify: false"),
        ("tls: {steps_may: [ca-file]}", "verify: ca.pem"),
        ("tls: {steps_may: [ca-file]}", "verify: other.pem"),
        (ALL, "verify: text.pem"),
        (ALL, "verify: missing.pem"),
    ];
    let expected = expect![[r#"
        nothing is said
          Exception, Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
         | verify: false
          Denied, Denied, sent No: the policy does not allow `verify: false` for ORIGIN: the only TLS settings for steps are pinned-key and min-version
         | verify: ca.pem
          Denied, Denied, sent No: the policy does not allow `verify: FILE` for ORIGIN: the only TLS settings for steps are pinned-key and min-version
        tls: {steps_may: [ca-file]} | verify: false
          Denied, Denied, sent No: the policy does not allow `verify: false` for ORIGIN: the only TLS settings for steps are ca-file
        tls: {steps_may: [verify-none]} | verify: ca.pem
          Denied, Denied, sent No: the policy does not allow `verify: FILE` for ORIGIN: the only TLS settings for steps are verify-none
        tls: {steps_may: [verify-none]} | verify: false
          Success: no error
        tls: {steps_may: [ca-file]} | verify: ca.pem
          Success: no error
        tls: {steps_may: [ca-file]} | verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: text.pem
          Exception, InvalidSpec, sent No: the file `text.pem` of `verify` is of no use: there is no certificate in it
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: missing.pem
          Exception, InvalidSpec, sent No: the file `missing.pem` of `verify` can't be read: there is no such file in DIR
    "#]];
    site.check(site.issued.server(), &cases, expected).await;
}

/// A certificate that `openssl req -x509` makes may sign others, so by the rules it is not a
/// server's. A step that names it accepts it as one.
#[tokio::test]
async fn the_certificate_of_the_step_is_the_one_of_the_server() {
    let of = |name: &str, from: i32, to: i32, is_ca: bool| {
        Authority::self_signed(name, |params| {
            params.not_before = rcgen::date_time_ymd(from, 1, 1);
            params.not_after = rcgen::date_time_ymd(to, 1, 1);
            if !is_ca {
                params.is_ca = rcgen::IsCa::NoCa;
            }
        })
    };
    let stranger = Authority::default();
    let foreign = |from: i32, to: i32| {
        stranger.issue_with("one.test", |params| {
            params.not_before = rcgen::date_time_ymd(from, 1, 1);
            params.not_after = rcgen::date_time_ymd(to, 1, 1);
        })
    };
    let mut report = String::new();
    for (what, issued) in [
        ("CA:TRUE", of("one.test", 2001, 3000, true)),
        (
            "CA:TRUE, for another name",
            of("two.test", 2001, 3000, true),
        ),
        ("CA:TRUE, expired", of("one.test", 2001, 2002, true)),
        ("CA:TRUE, not valid yet", of("one.test", 2999, 3000, true)),
        ("CA:FALSE", of("one.test", 2001, 3000, false)),
        ("CA:FALSE, expired", of("one.test", 2001, 2002, false)),
        ("of somebody else", foreign(2001, 3000)),
        ("of somebody else, expired", foreign(2001, 2002)),
    ] {
        let site = Site {
            issued,
            ..Site::new()
        };
        site.file("own.pem", &site.issued.pem);
        site.file(
            "several.pem",
            &format!("{}{}", stranger.pem(), site.issued.pem),
        );
        // Of the same name, on another machine.
        site.file("other.pem", &of("one.test", 2001, 3000, true).pem);
        let other = bench().authority.issue("one.test").pin();
        let pinned = format!("verify: own.pem\ntls: {{pinned_keys: ['{other}']}}");
        let cases = [
            (ALL, ""),
            (ALL, "verify: own.pem"),
            (ALL, "verify: several.pem"),
            (ALL, "verify: other.pem"),
            (ALL, &pinned),
        ];
        let of_site = site.report(site.issued.server(), &cases).await;
        let of_site = of_site
            .replace(&format!("{ALL} | "), "")
            .replace(ALL, "nothing is said");
        report.push_str(&format!(
            "{what}\n{}",
            of_site.replace(&other.to_string(), "OTHER")
        ));
    }
    expect![[r#"
        CA:TRUE

          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is one of an authority (CA:TRUE), and not of a server; `verify: FILE`, with this very certificate in the file, accepts it
        verify: own.pem
          Success: no error
        verify: several.pem
          Success: no error
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is one of an authority (CA:TRUE), and not of a server; `verify: FILE`, with this very certificate in the file, accepts it
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        CA:TRUE, for another name

          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is one of an authority (CA:TRUE), and not of a server; `verify: FILE`, with this very certificate in the file, accepts it
        verify: own.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is for two.test and not for one.test; ask for the server by a name that the certificate has, or have one issued for one.test
        verify: several.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is for two.test and not for one.test; ask for the server by a name that the certificate has, or have one issued for one.test
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is one of an authority (CA:TRUE), and not of a server; `verify: FILE`, with this very certificate in the file, accepts it
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is for two.test and not for one.test; ask for the server by a name that the certificate has, or have one issued for one.test
        CA:TRUE, expired

          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: own.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: several.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        CA:TRUE, not valid yet

          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
        verify: own.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
        verify: several.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate is not valid yet; wait until it is, or set the clock of this machine, if that is wrong
        CA:FALSE

          Exception, Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        verify: own.pem
          Success: no error
        verify: several.pem
          Success: no error
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        CA:FALSE, expired

          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: own.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: several.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        of somebody else

          Exception, Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        verify: own.pem
          Success: no error
        verify: several.pem
          Success: no error
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        of somebody else, expired

          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: own.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: several.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
        verify: own.pem
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its certificate has expired; renew it on the server, or set the clock of this machine, if that is wrong
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn a_server_has_to_hold_the_key_of_the_certificate_of_the_step() {
    let mut report = String::new();
    for versions in [TLS12_ALONE, TLS13_ALONE] {
        let site = Site {
            issued: Authority::self_signed("one.test", |_| {}),
            ..Site::new()
        };
        site.file("own.pem", &site.issued.pem);
        let thief = Authority::self_signed("one.test", |_| {});
        for server in [
            site.issued.server(),
            site.issued.server().with_key_of(&thief),
        ] {
            let cases = [(ALL, "verify: own.pem")];
            report.push_str(&site.report(server.versions(versions), &cases).await);
        }
    }
    expect![[r#"
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: own.pem
          Success: no error
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: own.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: own.pem
          Success: no error
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: own.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
    "#]].assert_eq(&report);
}

#[tokio::test]
async fn the_authority_of_the_step_replaces_the_others() {
    let site = Site::new();
    site.file("other.pem", &Authority::default().pem());
    let cases = [("", ""), (ALL, "verify: other.pem")];
    let expected = expect![[r#"
        nothing is said
          Success: no error
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: other.pem
          Exception, Tls, sent No: TLS with ORIGIN failed: no trusted root has signed its certificate; `verify: FILE` names a file with the certificate of who has, or with the server's own
    "#]];
    site.check(site.issued.server(), &cases, expected).await;
}

#[tokio::test]
async fn a_certificate_of_the_client() {
    const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIBvTBXBgkqhkiG9w0BBQ0w\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let clients = Authority::default();
    let site = Site::new();
    let client = clients.issue("client.test");
    site.file("client.pem", &client.pem);
    site.file("client.key", &client.key_pem());
    site.file("both.pem", &format!("{}{}", client.key_pem(), client.pem));
    site.file("encrypted.key", ENCRYPTED);
    site.file("other.key", &clients.issue("client.test").key_pem());
    let stranger = bench().authority.issue("client.test");
    site.file(
        "stranger.pem",
        &format!("{}{}", stranger.pem, stranger.key_pem()),
    );
    let cases = [
        ("", ""),
        ("", "cert: both.pem"),
        (ALL, "cert: both.pem"),
        (ALL, "cert: [client.pem, client.key]"),
        (ALL, "cert: stranger.pem"),
        (ALL, "cert: client.pem"),
        (ALL, "cert: client.key"),
        (ALL, "cert: [client.pem, missing.key]"),
        (ALL, "cert: [client.pem, encrypted.key]"),
        (ALL, "cert: [client.pem, other.key]"),
    ];
    let server = site.issued.server().wants_clients_of(&clients);
    let expected = expect![[r#"
        nothing is said
          Exception, Tls, sent Unknown: TLS with ORIGIN failed: it wants a certificate of the client; `cert` names its file
         | cert: both.pem
          Denied, Denied, sent No: the policy does not allow `cert` for ORIGIN: the only TLS settings for steps are pinned-key and min-version
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: both.pem
          Success: no error
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: [client.pem, client.key]
          Success: no error
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: stranger.pem
          Exception, Tls, sent Unknown: TLS with ORIGIN failed: it does not accept the client's certificate (DecryptError); `cert` has to name one that it trusts
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: client.pem
          Exception, InvalidSpec, sent No: the file `client.pem` of `cert` is of no use: there is no private key in it
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: client.key
          Exception, InvalidSpec, sent No: the file `client.key` of `cert` is of no use: there is no certificate in it
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: [client.pem, missing.key]
          Exception, InvalidSpec, sent No: the file `missing.key` of `cert` can't be read: there is no such file in DIR
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: [client.pem, encrypted.key]
          Exception, InvalidSpec, sent No: the file `encrypted.key` of `cert` is of no use: its private key is encrypted; store it without a passphrase
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | cert: [client.pem, other.key]
          Exception, InvalidSpec, sent No: the file `other.key` of `cert` is of no use: its private key is that of another certificate
    "#]];
    site.check(server, &cases, expected).await;
}

#[tokio::test]
async fn a_pinned_key() {
    let site = Site::new();
    let pin = site.issued.pin();
    let other = bench().authority.issue("one.test").pin();
    let in_policy = |keys: &str| format!("tls: {{pinned_keys: [{keys}]}}");
    let none_requested = format!("tls: {{pinned_keys: ['{pin}'], steps_may: []}}");
    let (right, wrong) = (format!("'{pin}'"), format!("'{other}'"));
    let either = format!("{wrong}, {right}");
    let cases: Vec<(String, String)> = [
        (in_policy(&right), String::new()),
        (in_policy(&wrong), String::new()),
        (in_policy(&either), String::new()),
        (String::new(), in_policy(&right)),
        (String::new(), in_policy(&wrong)),
        (in_policy(&right), in_policy(&right)),
        (in_policy(&right), in_policy(&wrong)),
        (in_policy(&wrong), in_policy(&right)),
        (in_policy(&right), "verify: false".to_owned()),
        (none_requested, in_policy(&right)),
        // The issuer is not verified, but the key has to match.
        (
            ALL.to_owned(),
            format!("verify: false\n{}", in_policy(&right)),
        ),
        (
            ALL.to_owned(),
            format!("verify: false\n{}", in_policy(&wrong)),
        ),
    ]
    .to_vec();
    let cases: Vec<(&str, &str)> = cases
        .iter()
        .map(|(policy, step)| (policy.as_str(), step.as_str()))
        .collect();
    let report = site.report(site.issued.server(), &cases).await;
    expect![[r#"
        tls: {pinned_keys: ['PIN']} | 
          Success: no error
        tls: {pinned_keys: ['OTHER']} | 
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        tls: {pinned_keys: ['OTHER', 'PIN']} | 
          Success: no error
         | tls: {pinned_keys: ['PIN']}
          Success: no error
         | tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        tls: {pinned_keys: ['PIN']} | tls: {pinned_keys: ['PIN']}
          Success: no error
        tls: {pinned_keys: ['PIN']} | tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        tls: {pinned_keys: ['OTHER']} | tls: {pinned_keys: ['PIN']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
        tls: {pinned_keys: ['PIN']} | verify: false
          Denied, Denied, sent No: the policy does not allow `verify: false` for ORIGIN: the only TLS settings for steps are pinned-key and min-version
        tls: {pinned_keys: ['PIN'], steps_may: []} | tls: {pinned_keys: ['PIN']}
          Denied, Denied, sent No: the policy does not allow `tls.pinned_keys` for ORIGIN: steps may not use TLS settings
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: false
        tls: {pinned_keys: ['PIN']}
          Success: no error
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | verify: false
        tls: {pinned_keys: ['OTHER']}
          Exception, Tls, sent No: TLS with ORIGIN failed: its key is none of those pinned; if it is a new one that you trust, add its pin to `pinned_keys`
    "#]].assert_eq(&report.replace(&other.to_string(), "OTHER"));
}

#[tokio::test]
async fn the_minimum_version() {
    let site = Site::new();
    let cases = [
        ("", ""),
        ("tls: {min_version: '1.2'}", ""),
        ("tls: {min_version: '1.3'}", ""),
        ("", "tls: {min_version: '1.3'}"),
        ("tls: {steps_may: []}", "tls: {min_version: '1.3'}"),
        // A step may ask for more, never for less.
        ("tls: {min_version: '1.3'}", "tls: {min_version: '1.2'}"),
    ];
    let server = || site.issued.server();
    let of_old = server().versions(TLS12_ALONE);
    let expected = expect![[r#"
        nothing is said
          Success: no error
        tls: {min_version: '1.2'} | 
          Success: no error
        tls: {min_version: '1.3'} | 
          Exception, Tls, sent No: TLS with ORIGIN failed: it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on the server (1.3, where `min_version: '1.3'` is asked for)
         | tls: {min_version: '1.3'}
          Exception, Tls, sent No: TLS with ORIGIN failed: it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on the server (1.3, where `min_version: '1.3'` is asked for)
        tls: {steps_may: []} | tls: {min_version: '1.3'}
          Denied, Denied, sent No: the policy does not allow `tls.min_version` for ORIGIN: steps may not use TLS settings
        tls: {min_version: '1.3'} | tls: {min_version: '1.2'}
          Exception, Tls, sent No: TLS with ORIGIN failed: it speaks no version of TLS that is new enough; enable TLS 1.2 or 1.3 on the server (1.3, where `min_version: '1.3'` is asked for)
    "#]];
    site.check(of_old, &cases, expected).await;
    let expected = expect![[r#"
        nothing is said
          Success: no error
        tls: {min_version: '1.2'} | 
          Success: no error
        tls: {min_version: '1.3'} | 
          Success: no error
         | tls: {min_version: '1.3'}
          Success: no error
        tls: {steps_may: []} | tls: {min_version: '1.3'}
          Denied, Denied, sent No: the policy does not allow `tls.min_version` for ORIGIN: steps may not use TLS settings
        tls: {min_version: '1.3'} | tls: {min_version: '1.2'}
          Success: no error
    "#]];
    site.check(server(), &cases, expected).await;
}

#[tokio::test]
async fn a_server_has_to_hold_the_key_of_its_certificate() {
    let site = Site::new();
    let thief = bench().authority.issue("one.test");
    let pinned = format!("tls: {{pinned_keys: ['{}']}}", site.issued.pin());
    let not_looked_at = format!("{pinned}\nverify: false");
    // The certificate is trusted, and its key is the pinned one.
    let cases = [("", ""), (ALL, &pinned), (ALL, &not_looked_at)];
    let mut report = String::new();
    for versions in [TLS12_ALONE, TLS13_ALONE] {
        let server = site.issued.server().with_key_of(&thief);
        report.push_str(&site.report(server.versions(versions), &cases).await);
    }
    expect![[r#"
        nothing is said
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | tls: {pinned_keys: ['PIN']}
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | tls: {pinned_keys: ['PIN']}
        verify: false
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
        nothing is said
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | tls: {pinned_keys: ['PIN']}
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
        tls: {steps_may: [verify-none, ca-file, client-certificate, pinned-key, min-version]} | tls: {pinned_keys: ['PIN']}
        verify: false
          Exception, Tls, sent No: TLS with ORIGIN failed: it does not hold the key of the certificate that it shows; install a certificate and a key that belong together on the server
    "#]]
    .assert_eq(&report);
}

#[tokio::test]
async fn a_rule_has_its_own_settings() {
    let site = Site::new();
    let service = Service::start_tls(site.issued.server().acceptor(), |_| Answer::default()).await;
    let origin = format!("https://one.test:{}", service.port);
    let policy = format!(
        "networks: [127.0.0.0/8]\n\
         tls: {{steps_may: [verify-none]}}\n\
         allow:\n\
         - origin: {origin}\n  tls: {{steps_may: [ca-file]}}"
    );
    let step = format!("get: {origin}/\nverify: false");
    let result = bench().run(&policy, &step).await;
    expect!["Denied, Denied, sent No: the policy does not allow `verify: false` for ORIGIN: the only TLS settings for steps are ca-file"].assert_eq(&error(&result, &origin));
}
