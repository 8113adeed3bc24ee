//! Access logs of a shop that does not exist: requests arrive as a Poisson process, most are answered, a few fail as
//! they do everywhere, and planted incidents make more of them fail. The same settings give the same bytes.

mod istio;
mod random;
pub(crate) mod site;
mod traffic;
mod write;

use traffic::Traffic;
pub(crate) use traffic::{Incident, Settings};

/// Whose log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    /// `nginx-upstream`
    Nginx,
    /// `combined`, which says nothing of upstreams.
    NginxCombined,
    /// Envoy's default text.
    Envoy,
    /// The keys Istio gives Envoy's JSON.
    EnvoyJson,
    /// AWS ALB, 33 fields.
    Alb,
    /// `option httplog` without a syslog header, as `log stdout format raw` has it.
    Haproxy,
    /// `option httplog` with two captured headers, as a syslog daemon writes it into a file.
    HaproxySyslog,
}

impl Product {
    pub(crate) const ALL: [(&str, Self); 7] = [
        ("nginx", Self::Nginx),
        ("nginx-combined", Self::NginxCombined),
        ("envoy", Self::Envoy),
        ("envoy-json", Self::EnvoyJson),
        ("alb", Self::Alb),
        ("haproxy", Self::Haproxy),
        ("haproxy-syslog", Self::HaproxySyslog),
    ];

    /// The one of these that answers alike; formats of one proxy differ in what they say only.
    fn proxy(self) -> Self {
        match self {
            Self::NginxCombined => Self::Nginx,
            Self::EnvoyJson => Self::Envoy,
            Self::HaproxySyslog => Self::Haproxy,
            proxy => proxy,
        }
    }
}

/// About `bytes` bytes of a calm shop's log, whole lines.
pub(crate) fn log(product: Product, bytes: usize) -> Vec<u8> {
    let start = 1_795_312_800_000_000; // 2026-11-22T02:00:00Z
    let mut generator =
        Generator::new(Settings { product, seed: 1, start, rate: 50.0, incidents: Vec::new() });
    let mut log = Vec::with_capacity(bytes + 4096);
    while log.len() < bytes {
        generator.line(&mut log);
    }
    log
}

/// Makes one line after the other.
#[derive(Debug)]
pub(crate) struct Generator {
    traffic: Traffic,
}

impl Generator {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { traffic: Traffic::new(settings) }
    }

    /// Appends a line with its line break.
    pub(crate) fn line(&mut self, out: &mut Vec<u8>) {
        let product = self.traffic.settings.product;
        let request = self.traffic.next();
        match product {
            Product::Nginx => write::nginx(request, out),
            Product::NginxCombined => write::nginx_combined(request, out),
            Product::Envoy => write::envoy(request, out),
            Product::EnvoyJson => istio::json(request, out),
            Product::Alb => write::alb(request, out),
            Product::Haproxy => write::haproxy(request, out),
            Product::HaproxySyslog => write::haproxy_syslog(request, out),
        }
        out.push(b'\n');
    }

    /// What was planted, with what became of it so far.
    pub(crate) fn incidents(&self) -> &[Incident] {
        &self.traffic.settings.incidents
    }
}
