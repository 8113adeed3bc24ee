//! The live witness: real nginx, HAProxy and Envoy on loopback, and every line they write held against what was done.
//!
//! A case says what the client sends, what the scripted peers behind the proxy do, and what follows from that: who
//! is at fault, why, which peers were asked, how often. The test does it, takes the line that the proxy wrote, and
//! compares every field the library reads with what the client and the peers saw. Nothing expected here comes out of
//! a parser.
//!
//! A server that is not installed is skipped, and the test says so: `.ci/install-servers` installs all three, and
//! nginx's stream module.
//! nginx and HAProxy are looked for in `PATH` and the usual folders, Envoy also under `BROWNOUT_ENVOY`.
//! `BROWNOUT_LIVE_SHOW=1` prints the lines of every case.

mod backend;
mod case;
mod check;
mod client;
mod envoy;
mod haproxy;
mod joined;
mod layers;
mod nginx;
mod server;
mod streams;
mod tail;
mod two_layers;

use brownout::Format;
use brownout::formats::{Known, by_name};

#[test]
fn nginx_lines_say_what_was_done() {
    nginx::run();
}

#[test]
fn haproxy_lines_say_what_was_done() {
    haproxy::run();
}

#[test]
fn envoy_lines_say_what_was_done() {
    envoy::run();
}

#[test]
fn sessions_of_nginx_streams() {
    streams::nginx();
}

#[test]
fn sessions_of_haproxy_in_tcp_mode() {
    streams::haproxy();
}

#[test]
fn two_layers_tell_where_a_5xx_was_born() {
    two_layers::run();
}

#[test]
fn layers_behind_haproxy_are_joined() {
    layers::haproxy();
}

#[test]
fn layers_behind_envoy_are_joined() {
    layers::envoy();
}

#[test]
fn layers_behind_a_load_balancer_are_joined() {
    layers::alb();
}

/// A format of the shelf.
fn preset(name: &str) -> Box<dyn Format> {
    match by_name(name) {
        Some(Known::Text(format)) => Box::new(format),
        Some(Known::Json(format)) => Box::new(format),
        None => panic!("no preset {name}"),
    }
}
