//! Budgets: their names, their amounts, and the words for going over one.

use std::time::Duration;

use expect_test::expect;
use http_step_policy::{Amount, Budget, Exceeded, Limits};

fn more(amount: Amount) -> Amount {
    match amount {
        Amount::Time(time) => Amount::Time(time + Duration::from_micros(1_500)),
        Amount::Bytes(bytes) => Amount::Bytes(bytes + 1),
        Amount::Count(count) => Amount::Count(count + 1),
    }
}

#[test]
fn the_words_for_each() {
    let limits = Limits::default();
    let told: Vec<String> = Budget::ALL
        .into_iter()
        .map(|budget| {
            let used = more(budget.of(&limits));
            Exceeded::new(budget, &limits, used).to_string()
        })
        .collect();
    expect![[r#"
        the limit `wall` is exceeded: 300.002 of 300 s; `wall` under `limits:` of a policy sets it
        the limit `cpu` is exceeded: 10.002 of 10 s; `cpu` under `limits:` of a policy sets it
        the limit `connect` is exceeded: 10.002 of 10 s; `connect` under `limits:` of a policy sets it
        the limit `read` is exceeded: 60.002 of 60 s; `read` under `limits:` of a policy sets it
        the limit `memory` is exceeded: 67108865 of 67108864 bytes; `memory` under `limits:` of a policy sets it
        the limit `requests` is exceeded: 65 of 64; `requests` under `limits:` of a policy sets it
        the limit `concurrent_requests` is exceeded: 17 of 16; `concurrent_requests` under `limits:` of a policy sets it
        the limit `hosts` is exceeded: 17 of 16; `hosts` under `limits:` of a policy sets it
        the limit `bytes_sent` is exceeded: 268435457 of 268435456 bytes; `bytes_sent` under `limits:` of a policy sets it
        the limit `bytes_received` is exceeded: 268435457 of 268435456 bytes; `bytes_received` under `limits:` of a policy sets it
        the limit `bytes_decoded` is exceeded: 268435457 of 268435456 bytes; `bytes_decoded` under `limits:` of a policy sets it
        the limit `header_fields` is exceeded: 129 of 128; `header_fields` under `limits:` of a policy sets it
        the limit `header_bytes` is exceeded: 65537 of 65536 bytes; `header_bytes` under `limits:` of a policy sets it
        the limit `log_bytes` is exceeded: 67108865 of 67108864 bytes; `log_bytes` under `limits:` of a policy sets it
        the limit `log_kept` is exceeded: 4194305 of 4194304 bytes; `log_kept` under `limits:` of a policy sets it
        the limit `component_bytes` is exceeded: 67108865 of 67108864 bytes; `component_bytes` under `limits:` of a policy sets it
        the limit `compile_time` is exceeded: 60.002 of 60 s; `compile_time` under `limits:` of a policy sets it
        the limit `compile_memory` is exceeded: 2147483649 of 2147483648 bytes; `compile_memory` under `limits:` of a policy sets it"#]]
    .assert_eq(&told.join("\n"));
}

/// What is allowed may be used up, and not a bit more.
#[test]
fn the_limit_itself_is_within_the_budget() {
    let limits = Limits::default();
    for budget in Budget::ALL {
        let limit = budget.of(&limits);
        assert_eq!(Exceeded::check(budget, &limits, limit), Ok(()), "{budget}");
        let used = more(limit);
        assert_eq!(
            Exceeded::check(budget, &limits, used),
            Err(Exceeded {
                budget,
                limit,
                used
            })
        );
    }
}

#[test]
fn as_json() {
    let exceeded = |budget: Budget, used| {
        let exceeded = Exceeded::new(budget, &Limits::default(), used);
        serde_json::to_string(&exceeded).unwrap()
    };
    assert_eq!(
        exceeded(Budget::Memory, Amount::Bytes(67_174_856)),
        r#"{"budget":"memory","limit":67108864,"used":67174856}"#
    );
    assert_eq!(
        exceeded(Budget::Cpu, Amount::Time(Duration::from_millis(10_250))),
        r#"{"budget":"cpu","limit":10.0,"used":10.25}"#
    );
}

#[test]
fn amounts() {
    for (amount, shown) in [
        (Amount::Time(Duration::from_secs(300)), "300 s"),
        (Amount::Time(Duration::from_millis(2_500)), "2.5 s"),
        (Amount::Time(Duration::ZERO), "0 s"),
        (Amount::Bytes(0), "0 bytes"),
        (Amount::Bytes(1023), "1023 bytes"),
        (Amount::Bytes(1024), "1 KiB"),
        (Amount::Bytes(64 << 20), "64 MiB"),
        (Amount::Bytes(2 << 30), "2 GiB"),
        (Amount::Bytes((2 << 30) + 1024), "2097153 KiB"),
        (Amount::Count(0), "0"),
        (Amount::Count(1024), "1024"),
    ] {
        assert_eq!(amount.to_string(), shown);
    }
}
