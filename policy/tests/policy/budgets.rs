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
        the budget `wall` is exceeded: 300.002 of 300 s
        the budget `cpu` is exceeded: 10.002 of 10 s
        the budget `connect` is exceeded: 10.002 of 10 s
        the budget `read` is exceeded: 60.002 of 60 s
        the budget `memory` is exceeded: 67108865 of 67108864 bytes
        the budget `requests` is exceeded: 65 of 64
        the budget `concurrent_requests` is exceeded: 17 of 16
        the budget `hosts` is exceeded: 17 of 16
        the budget `bytes_sent` is exceeded: 268435457 of 268435456 bytes
        the budget `bytes_received` is exceeded: 268435457 of 268435456 bytes
        the budget `bytes_decoded` is exceeded: 268435457 of 268435456 bytes
        the budget `header_fields` is exceeded: 129 of 128
        the budget `header_bytes` is exceeded: 65537 of 65536 bytes
        the budget `log_bytes` is exceeded: 67108865 of 67108864 bytes
        the budget `log_kept` is exceeded: 4194305 of 4194304 bytes
        the budget `component_bytes` is exceeded: 67108865 of 67108864 bytes
        the budget `compile_time` is exceeded: 60.002 of 60 s
        the budget `compile_memory` is exceeded: 2147483649 of 2147483648 bytes"#]]
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
