//! The order of waiters, and the number of permits per tenant.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;

#[tokio::test]
async fn permits_are_granted_in_order_and_none_is_lost() {
    let permits = FairSemaphore::new(1);
    let tenant = Arc::from("");
    let [one, two, three] = [(); 3].map(|()| RunQueue::default());
    let permit = permits.acquire_queued(&one, &tenant).await;
    let (mut first, mut second) = (
        pin!(permits.acquire_queued(&one, &tenant)),
        pin!(permits.acquire_queued(&two, &tenant)),
    );
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(cx).is_pending());
    {
        // A waiter that gives up leaves the queue to the next.
        let mut impatient = pin!(permits.acquire_queued(&three, &tenant));
        assert!(impatient.as_mut().poll(cx).is_pending());
    }
    assert!(second.as_mut().poll(cx).is_pending());
    drop(permit);
    assert!(second.as_mut().poll(cx).is_pending());
    let Poll::Ready(permit) = first.as_mut().poll(cx) else {
        panic!("the first has not its permit");
    };
    assert_eq!(permits.available(), 0);
    drop(permit);
    assert!(second.as_mut().poll(cx).is_ready());
    assert_eq!(permits.available(), 1);
}

#[tokio::test]
async fn a_run_with_many_requests_has_one_waiter() {
    let permits = FairSemaphore::new(1);
    let tenant = Arc::from("");
    let [many, one] = [(); 2].map(|()| RunQueue::default());
    let mut permit = Some(permits.acquire_queued(&many, &tenant).await);
    let mut waiting = [
        ("many", Box::pin(permits.acquire_queued(&many, &tenant))),
        ("many", Box::pin(permits.acquire_queued(&many, &tenant))),
        ("many", Box::pin(permits.acquire_queued(&many, &tenant))),
        ("one", Box::pin(permits.acquire_queued(&one, &tenant))),
    ]
    .map(Some);
    let cx = &mut Context::from_waker(Waker::noop());
    let mut served = Vec::new();
    while served.len() < waiting.len() {
        for place in &mut waiting {
            if let Some((run, request)) = place
                && let Poll::Ready(next) = request.as_mut().poll(cx)
            {
                served.push(*run);
                permit = Some(next);
                *place = None;
            }
        }
        drop(permit.take());
    }
    assert_eq!(served, ["many", "one", "many", "many"]);
}

/// All permits that a tenant gets without waiting.
fn take_all(permits: &FairSemaphore, tenant: &str) -> Vec<FairPermit> {
    let tenant = Arc::from(tenant);
    let cx = &mut Context::from_waker(Waker::noop());
    std::iter::from_fn(|| match pin!(permits.acquire(&tenant)).poll(cx) {
        Poll::Ready(permit) => Some(permit),
        Poll::Pending => None,
    })
    .collect()
}

#[test]
fn a_tenant_leaves_as_many_permits_as_it_takes() {
    for (all, comes_to) in [
        (1, &[1, 0][..]),
        (2, &[1, 1, 0]),
        (3, &[2, 1, 0]),
        (64, &[32, 16, 8, 4, 2, 1, 1, 0]),
        (1024, &[512, 256, 128, 64]),
    ] {
        let permits = FairSemaphore::new(all);
        let mut held = Vec::new();
        for (index, most) in comes_to.iter().enumerate() {
            held.push(take_all(&permits, &format!("tenant {index}")));
            assert_eq!(held[index].len(), *most, "tenant {index} of {all}");
        }
        drop(held);
        assert_eq!(permits.available(), all);
        assert!(permits.0.lock().tenants.is_empty());
    }
}

#[test]
fn runs_without_a_tenant_take_all_permits() {
    let permits = FairSemaphore::new(64);
    let held = take_all(&permits, "");
    assert_eq!(held.len(), 64);
}

/// Three tenants that take as many permits as possible, and a fourth that arrives last.
#[test]
fn greedy_tenants_get_and_leave_equal_shares() {
    const ALL: usize = 64;
    let permits = FairSemaphore::new(ALL);
    let tenants: [Arc<str>; 3] = ["a", "b", "c"].map(Arc::from);
    let cx = &mut Context::from_waker(Waker::noop());
    let mut waiting: Vec<_> = (0..3 * ALL)
        .map(|index| {
            let tenant = &tenants[index / ALL];
            (index / ALL, Box::pin(permits.acquire(tenant)))
        })
        .collect();
    let mut held = [const { Vec::new() }; 3];
    // Permits are released one by one, by the tenant with the most.
    for _ in 0..ALL {
        let most = held.iter_mut().max_by_key(|held| held.len());
        most.unwrap().pop();
        waiting.retain_mut(|(tenant, request)| match request.as_mut().poll(cx) {
            Poll::Ready(permit) => {
                held[*tenant].push(permit);
                false
            }
            Poll::Pending => true,
        });
    }
    let counts = held.each_ref().map(Vec::len);
    assert_eq!((counts, permits.available()), ([17, 16, 16], 15));
    assert_eq!(take_all(&permits, "d").len(), 8);
}

#[test]
fn a_waiter_of_a_tenant_with_enough_permits_is_passed_over() {
    let permits = FairSemaphore::new(3);
    let tenants: [Arc<str>; 2] = ["busy", "idle"].map(Arc::from);
    let mut held = take_all(&permits, "busy");
    held.extend(take_all(&permits, "other"));
    let cx = &mut Context::from_waker(Waker::noop());
    let mut first = pin!(permits.acquire(&tenants[0]));
    let mut second = pin!(permits.acquire(&tenants[1]));
    assert!(first.as_mut().poll(cx).is_pending());
    assert!(second.as_mut().poll(cx).is_pending());
    held.pop();
    assert!(first.as_mut().poll(cx).is_pending());
    assert!(second.as_mut().poll(cx).is_ready());
}

#[tokio::test]
async fn a_permit_for_a_waiter_that_gives_up_is_not_lost() {
    let permits = FairSemaphore::new(1);
    let tenant = Arc::from("");
    let permit = permits.acquire(&tenant).await;
    {
        let mut impatient = pin!(permits.acquire(&tenant));
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(impatient.as_mut().poll(cx).is_pending());
        // The permit is granted, but the waiter has not been polled yet.
        drop(permit);
        assert_eq!(permits.available(), 0);
    }
    assert_eq!(permits.available(), 1);
}
