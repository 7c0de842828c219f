//! How others pick.

use std::hint::black_box;
use std::task::Poll;

use pingora_load_balancing::discovery::Static;
use pingora_load_balancing::selection::RoundRobin;
use pingora_load_balancing::{Backend, Backends, LoadBalancer};
use tower::Service;
use tower::balance::p2c::Balance;
use tower::discover::ServiceList;
use tower::load::Constant;

use crate::{RUNS, median, nanos, per};

const PICKS: u64 = 20_000;

/// Nanoseconds for a pick of pingora's round robin, over equal or different weights.
pub(crate) fn pingora(size: usize, weighted: bool) -> f64 {
    let backend = |at: usize| {
        let address = format!("10.0.{}.{}:80", at / 250, at % 250);
        Backend::new_with_weight(&address, if weighted { 1 + at % 7 } else { 1 }).unwrap()
    };
    let backends = Backends::new(Static::new((0..size).map(backend).collect()));
    let balancer: LoadBalancer<RoundRobin> = LoadBalancer::from_backends(backends);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(balancer.update()).unwrap();
    per(PICKS, |_| black_box(balancer.select(b"", 256)).is_some())
}

/// Answers at once.
#[derive(Clone, Copy)]
struct Ready;

impl Service<()> for Ready {
    type Response = ();
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<(), Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        std::future::ready(Ok(()))
    }
}

/// Nanoseconds for a pick of tower's power of two choices, among services that are always ready.
pub(crate) fn tower(size: usize) -> f64 {
    let services: Vec<_> = (0..size).map(|at| Constant::new(Ready, at % 4)).collect();
    let mut balance = Balance::new(ServiceList::new::<()>(services));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    while Service::<()>::poll_ready(&mut balance, &mut context).is_pending() {}
    let mut runs = [0.0; RUNS];
    for run in &mut runs {
        let started = std::time::Instant::now();
        for _ in 0..PICKS {
            assert!(Service::<()>::poll_ready(&mut balance, &mut context).is_ready());
            drop(black_box(balance.call(())));
        }
        *run = nanos(started.elapsed()) / PICKS as f64;
    }
    median(&mut runs)
}
