//! Which setting a pile of 504s at one duration points at.
//!
//! Defaults by the products' documentation: nginx `ngx_http_proxy_module`; ingress-nginx `config.go`; Envoy route
//! `timeout` and `stream_idle_timeout`; AWS, Google, Azure and Cloudflare load balancer pages.

use crate::schema::Product;

/// A timeout with a default everybody leaves as it is.
struct Known {
    product: Product,
    /// The default.
    seconds: u64,
    setting: &'static str,
    /// It waits for a connection rather than for an answer.
    connect: bool,
}

const fn answer(product: Product, seconds: u64, setting: &'static str) -> Known {
    Known { product, seconds, setting, connect: false }
}

const fn connect(product: Product, seconds: u64, setting: &'static str) -> Known {
    Known { product, seconds, setting, connect: true }
}

const KNOWN: &[Known] = &[
    answer(Product::Nginx, 60, "proxy_read_timeout (or proxy_connect_timeout)"),
    connect(Product::IngressNginx, 5, "proxy-connect-timeout"),
    answer(Product::IngressNginx, 60, "proxy-read-timeout"),
    answer(Product::Envoy, 15, "the route's timeout"),
    answer(Product::Envoy, 300, "stream_idle_timeout"),
    connect(Product::Alb, 10, "the ALB's connect timeout"),
    answer(Product::Alb, 60, "the ALB's idle timeout"),
    answer(Product::Elb, 60, "the load balancer's idle timeout"),
    answer(Product::Apache, 60, "ProxyTimeout or Timeout"),
    connect(Product::Traefik, 30, "forwardingTimeouts.dialTimeout"),
    answer(Product::Gcp, 30, "the backend service's timeout"),
    answer(Product::AzureAppGateway, 20, "the request time-out of the backend settings"),
    answer(Product::AzureFrontDoor, 60, "the origin response timeout"),
    answer(Product::CloudFront, 30, "the origin response timeout"),
    answer(Product::Cloudflare, 100, "the edge's limit on origin responses"),
];

/// What to look for where the duration is no default.
pub(super) fn general(product: Product) -> &'static str {
    match product {
        Product::Nginx => "proxy_read_timeout or proxy_connect_timeout",
        Product::IngressNginx => "annotation proxy-read-timeout or proxy-connect-timeout",
        Product::Envoy => "the route's timeout or per_try_timeout",
        Product::Alb | Product::Elb => "idle_timeout.timeout_seconds",
        Product::Haproxy => "timeout server",
        Product::Apache => "ProxyTimeout or the worker's timeout",
        Product::Traefik => "responseHeaderTimeout or dialTimeout",
        Product::Caddy => "response_header_timeout",
        Product::Gcp => "the backend service's timeout",
        Product::AzureAppGateway => "the request time-out of the backend settings",
        Product::AzureFrontDoor | Product::CloudFront => "the origin response timeout",
        _ => "a timeout towards the upstream",
    }
}

/// Whether the product tries the next host after a timeout, so that durations add up.
fn retries(product: Product) -> bool {
    matches!(product, Product::Nginx | Product::IngressNginx)
}

/// The setting that most likely ran out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Guess {
    /// Its name and value, to stand in a sentence.
    pub(super) setting: String,
    /// It waits for a connection rather than for an answer.
    pub(super) connect: bool,
}

/// The setting that most likely ran out after `ms`: a default within 5 %, for nginx also two or three times one
/// (it goes on to the next host), or the usual setting with another value.
pub(super) fn guess(product: Product, ms: u64) -> Guess {
    let near = |seconds: u64| ms.abs_diff(seconds * 1000) * 20 <= seconds * 1000;
    let most_tries = if retries(product) { 3 } else { 1 };
    for tries in 1..=most_tries {
        let hit = KNOWN.iter().find(|k| k.product == product && near(k.seconds * tries));
        if let Some(&Known { seconds, setting, connect, .. }) = hit {
            let each = if tries > 1 { format!(" on each of {tries} tries") } else { String::new() };
            return Guess { setting: format!("{setting} ({seconds} s by default){each}"), connect };
        }
    }
    Guess { setting: format!("{}, set to {}", general(product), seconds(ms)), connect: false }
}

/// `60 s`, `2.5 s`.
pub(super) fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{} s", ms / 1000) } else { format!("{:.1} s", ms as f64 / 1000.0) }
}
