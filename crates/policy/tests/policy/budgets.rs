//! Budgets: their names, their amounts, and the messages for exceeding them.

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
fn the_message_of_each() {
    let limits = Limits::default();
    let report: Vec<String> = Budget::ALL
        .into_iter()
        .map(|budget| {
            let used = more(budget.limit_in(&limits));
            Exceeded::new(budget, &limits, used).to_string()
        })
        .collect();
    expect![[r#"
        the limit `wall` is exceeded: 300.002 of 300 s; set `wall` under `limits:` in the policy
        the limit `cpu` is exceeded: 10.002 of 10 s; set `cpu` under `limits:` in the policy
        the limit `connect` is exceeded: 10.002 of 10 s; set `connect` under `limits:` in the policy
        the limit `read` is exceeded: 60.002 of 60 s; set `read` under `limits:` in the policy
        the limit `memory` is exceeded: 67108865 of 67108864 bytes; set `memory` under `limits:` in the policy
        the limit `requests` is exceeded: 65 of 64; set `requests` under `limits:` in the policy
        the limit `concurrent_requests` is exceeded: 17 of 16; set `concurrent_requests` under `limits:` in the policy
        the limit `hosts` is exceeded: 17 of 16; set `hosts` under `limits:` in the policy
        the limit `bytes_sent` is exceeded: 268435457 of 268435456 bytes; set `bytes_sent` under `limits:` in the policy
        the limit `bytes_received` is exceeded: 268435457 of 268435456 bytes; set `bytes_received` under `limits:` in the policy
        the limit `bytes_decoded` is exceeded: 268435457 of 268435456 bytes; set `bytes_decoded` under `limits:` in the policy
        the limit `header_fields` is exceeded: 129 of 128; set `header_fields` under `limits:` in the policy
        the limit `header_bytes` is exceeded: 65537 of 65536 bytes; set `header_bytes` under `limits:` in the policy
        the limit `log_bytes` is exceeded: 67108865 of 67108864 bytes; set `log_bytes` under `limits:` in the policy
        the limit `log_kept` is exceeded: 4194305 of 4194304 bytes; set `log_kept` under `limits:` in the policy
        the limit `component_bytes` is exceeded: 67108865 of 67108864 bytes; set `component_bytes` under `limits:` in the policy
        the limit `compile_time` is exceeded: 60.002 of 60 s; set `compile_time` under `limits:` in the policy
        the limit `compile_memory` is exceeded: 2147483649 of 2147483648 bytes; set `compile_memory` under `limits:` in the policy"#]]
    .assert_eq(&report.join("\n"));
}

/// The limit itself may be used up, and no more.
#[test]
fn the_limit_itself_is_within_the_budget() {
    let limits = Limits::default();
    for budget in Budget::ALL {
        let limit = budget.limit_in(&limits);
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
