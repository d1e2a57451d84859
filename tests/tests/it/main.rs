//! The real component in the real host against real servers. One program, as each
//! links the engine.

mod audit_log;
mod budgets;
mod cache;
mod coding;
mod compile;
mod compile_leaves_nothing;
mod components;
mod connections;
mod contract;
mod egress;
mod examples;
mod expect;
mod http2;
mod log;
mod properties;
mod proxies;
mod redirects;
mod request;
mod retry;
mod secrets;
mod servers;
mod tls;
mod tls_settings;
mod trace_events;
