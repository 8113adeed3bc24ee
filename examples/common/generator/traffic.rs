//! What happens at the shop: who asks for what, which host answers, and what goes wrong.

use super::Product;
use super::random::Random;
use super::site::{AGENTS, Host, NETWORKS, Route, SERVICES, Service, WORDS};

/// Seconds after which the proxy gives up on a host.
const TIMEOUT_MS: u64 = 30_000;

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) product: Product,
    pub(crate) seed: u64,
    /// Microseconds since the epoch.
    pub(crate) start: i64,
    /// Requests per second, on average.
    pub(crate) rate: f64,
    pub(crate) incidents: Vec<Incident>,
}

/// Something that was made to go wrong.
#[derive(Debug, Clone)]
pub(crate) struct Incident {
    pub(crate) service: &'static Service,
    /// One host of the service, or all.
    pub(crate) host: Option<&'static Host>,
    /// The status clients get.
    pub(crate) code: u16,
    /// Microseconds after the start of the log.
    pub(crate) offset: i64,
    /// Microseconds.
    pub(crate) length: i64,
    /// Of the requests in that time.
    pub(crate) share: f64,
    /// Requests that could have failed, so far.
    pub(crate) requests: u64,
    /// Those that did.
    pub(crate) errors: u64,
}

impl Incident {
    /// Whether the proxy answers for want of an answer, or passes on the upstream's own.
    pub(crate) fn is_made_by_proxy(&self, product: Product) -> bool {
        ending_of(product, self.code) != Ending::Answered
    }

    fn strikes(&self, after_start: i64, service: &Service, host: &Host) -> bool {
        (self.offset..self.offset + self.length).contains(&after_start)
            && self.service.name == service.name
            && self.host.is_none_or(|h| h.addr == host.addr)
    }
}

/// How an attempt, or a request, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With the upstream's answer, whatever its status.
    Answered,
    /// No connection, or no host to connect to.
    Refused,
    /// Connected, and closed before an answer.
    Reset,
    /// Connected, and no answer in time.
    Timeout,
    /// The client went away.
    ClientLeft,
    /// The proxy answered without asking an upstream.
    Own,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) host: &'static Host,
    pub(crate) ending: Ending,
    pub(crate) status: u16,
    pub(crate) connect_ms: u64,
    /// From the start of the attempt to its end.
    pub(crate) total_ms: u64,
}

#[derive(Debug)]
pub(crate) struct Request {
    /// Microseconds since the epoch.
    pub(crate) end: i64,
    pub(crate) duration_ms: u64,
    pub(crate) status: u16,
    pub(crate) ending: Ending,
    /// Not HTTP.
    pub(crate) garbage: bool,
    pub(crate) method: &'static str,
    pub(crate) path: Vec<u8>,
    pub(crate) protocol: &'static str,
    pub(crate) service: Option<&'static Service>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) network: &'static str,
    pub(crate) client: u8,
    pub(crate) port: u16,
    pub(crate) agent: &'static str,
    pub(crate) referred: bool,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    pub(crate) id: [u64; 2],
}

impl Request {
    /// The first byte came in at, in microseconds since the epoch.
    pub(crate) fn start(&self) -> i64 {
        self.end - self.duration_ms as i64 * 1000
    }
}

#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) settings: Settings,
    random: Random,
    request: Request,
    /// Hosts of the service refuse connections: many a good answer is the second attempt's.
    shaken: bool,
}

impl Traffic {
    pub(crate) fn new(settings: Settings) -> Self {
        let request = Request {
            end: settings.start,
            duration_ms: 0,
            status: 200,
            ending: Ending::Own,
            garbage: false,
            method: "GET",
            path: Vec::new(),
            protocol: "HTTP/1.1",
            service: None,
            attempts: Vec::new(),
            network: NETWORKS[0],
            client: 0,
            port: 0,
            agent: AGENTS[0],
            referred: false,
            received: 0,
            sent: 0,
            id: [0; 2],
        };
        Self { random: Random::new(settings.seed), settings, request, shaken: false }
    }

    /// The next request to end.
    pub(crate) fn next(&mut self) -> &Request {
        self.advance();
        self.visitor();
        if self.random.chance(0.06) {
            self.answered_by_the_proxy();
        } else {
            self.proxied();
        }
        &self.request
    }

    /// The gap to the next request; traffic swells and ebbs by a sixth every twenty minutes.
    fn advance(&mut self) {
        let minutes = (self.request.end - self.settings.start) as f64 / 60e6;
        let wave = (minutes % 20.0 - 10.0).abs() / 30.0 + 5.0 / 6.0;
        let gap = self.random.exponential() * 1e6 / (self.settings.rate * wave);
        self.request.end += gap as i64;
    }

    fn visitor(&mut self) {
        let (r, random) = (&mut self.request, &mut self.random);
        r.network = *random.pick(NETWORKS);
        r.client = random.skewed(250) as u8 + 1;
        r.port = 32_768 + random.below(28_000) as u16;
        r.agent = AGENTS[random.skewed(AGENTS.len() as u64) as usize];
        r.protocol = if random.chance(0.7) { "HTTP/2.0" } else { "HTTP/1.1" };
        r.referred = random.chance(0.4);
        r.id = [random.bits(), random.bits()];
        r.received = 180 + random.below(700);
        r.garbage = false;
        r.path.clear();
        r.attempts.clear();
    }

    /// Health checks, redirects, rate limits, and what is not HTTP.
    fn answered_by_the_proxy(&mut self) {
        let (r, random) = (&mut self.request, &mut self.random);
        (r.service, r.ending, r.duration_ms, r.method) = (None, Ending::Own, 0, "GET");
        let path: &str;
        (path, r.status, r.sent) = match random.below(1000) {
            0..600 => ("/healthz", 200, 2),
            600..900 => ("/index.html", 301, 162),
            900..980 => ("/favicon.ico", 404, 146),
            980..995 => ("/api/login", 429, 162),
            _ => ("", 400, 150),
        };
        r.garbage = r.status == 400;
        r.path.extend_from_slice(path.as_bytes());
    }

    fn proxied(&mut self) {
        let service = self.service();
        let route = self.random.pick(service.routes);
        fill(&mut self.request.path, route, &mut self.random);
        let host = self.random.pick(service.hosts);
        (self.request.service, self.request.method) = (Some(service), route.method);
        let (ending, status) = self
            .planted(service, host)
            .or_else(|| usual_fault(self.settings.product, &mut self.random))
            .unwrap_or_else(|| (Ending::Answered, usual_status(route, &mut self.random)));
        self.attempt(service, host, ending, status, true);
        self.finish(route);
    }

    fn service(&mut self) -> &'static Service {
        let mut left = self.random.below(SERVICES.iter().map(|s| s.weight).sum());
        let found = SERVICES.iter().find(|s| {
            let here = left < s.weight;
            left = left.saturating_sub(s.weight);
            here
        });
        found.unwrap_or(&SERVICES[0])
    }

    /// What an incident makes of this request.
    fn planted(&mut self, service: &Service, host: &Host) -> Option<(Ending, u16)> {
        let after_start = self.request.end - self.settings.start;
        let mut fault = None;
        self.shaken = false;
        for incident in &mut self.settings.incidents {
            if incident.strikes(after_start, service, host) {
                incident.requests += 1;
                let ending = ending_of(self.settings.product, incident.code);
                self.shaken |= ending == Ending::Refused && incident.host.is_none();
                if fault.is_none() && self.random.chance(incident.share) {
                    incident.errors += 1;
                    fault = Some((ending, incident.code));
                }
            }
        }
        fault
    }

    /// Adds an attempt; one that was refused is sometimes the second of its kind, and a good one sometimes has a bad
    /// one before it.
    fn attempt(
        &mut self,
        service: &'static Service,
        host: &'static Host,
        ending: Ending,
        status: u16,
        first: bool,
    ) {
        let alone = self.settings.incidents.iter().any(|i| i.host.is_some_and(|h| h.addr == host.addr));
        if first && service.hosts.len() > 1 && !alone {
            let before = match ending {
                Ending::Refused => self.random.chance(0.6),
                Ending::Answered if status < 400 => self.random.chance(if self.shaken { 0.2 } else { 0.001 }),
                _ => false,
            };
            if before {
                let other = service.hosts.iter().find(|h| h.addr != host.addr).unwrap_or(host);
                let bad = status_of(self.settings.product, Ending::Refused);
                self.attempt(service, other, Ending::Refused, bad, false);
            }
        }
        let random = &mut self.random;
        let wait = (service.median * random.log_normal(0.9)) as u64;
        let connect_ms = random.below(3);
        let total_ms = match ending {
            Ending::Refused => 0,
            Ending::Timeout => TIMEOUT_MS + random.below(3),
            Ending::ClientLeft => connect_ms + 1 + wait * 10,
            _ => connect_ms + 1 + wait,
        };
        self.request.attempts.push(Attempt { host, ending, status, connect_ms, total_ms });
    }

    /// The request as the sum of its attempts.
    fn finish(&mut self, route: &Route) {
        let (r, random) = (&mut self.request, &mut self.random);
        let Some(last) = r.attempts.last() else { return };
        (r.ending, r.status) = (last.ending, last.status);
        r.duration_ms = r.attempts.iter().map(|a| a.total_ms).sum::<u64>() + random.below(2);
        r.received += if matches!(route.method, "POST" | "PUT") { 120 + random.below(900) } else { 0 };
        r.sent = match (r.ending, r.status) {
            (Ending::ClientLeft, _) | (_, 204 | 304) => 0,
            (Ending::Answered, 200..300) => (route.bytes as f64 * random.log_normal(0.25)) as u64,
            (Ending::Answered, _) => 60 + random.below(120),
            _ => 552,
        };
    }
}

/// The path of a route with its blanks filled in.
fn fill(path: &mut Vec<u8>, route: &Route, random: &mut Random) {
    for byte in route.path.bytes() {
        match byte {
            b'#' => {
                let number = 1 + random.skewed(40_000);
                super::write::int(path, number);
            }
            b'*' => path.extend_from_slice(random.pick(WORDS).as_bytes()),
            byte => path.push(byte),
        }
    }
}

/// 4xx and 304 are part of life.
fn usual_status(route: &Route, random: &mut Random) -> u16 {
    match random.below(1000) {
        0..14 => 404,
        14..18 => 401,
        18..20 => 422,
        20..90 if route.method == "GET" => 304,
        _ => route.status,
    }
}

/// 5 in 10,000 requests fail without a reason that matters, and 15 clients do not wait.
fn usual_fault(product: Product, random: &mut Random) -> Option<(Ending, u16)> {
    let ending = match random.below(10_000) {
        0..2 => return Some((Ending::Answered, 500)),
        2..4 => Ending::Reset,
        4 => Ending::Timeout,
        5..20 => Ending::ClientLeft,
        _ => return None,
    };
    Some((ending, status_of(product, ending)))
}

/// The status a product answers with for want of one of the upstream.
fn status_of(product: Product, ending: Ending) -> u16 {
    match (ending, product) {
        (Ending::Timeout, _) => 504,
        (Ending::ClientLeft, Product::Nginx) => 499,
        (Ending::ClientLeft, Product::Alb) => 460,
        (Ending::ClientLeft, _) => 0,
        (_, Product::Envoy | Product::IstioJson) | (Ending::Refused, Product::Haproxy) => 503,
        _ => 502,
    }
}

/// How an attempt ends that makes the product answer with `code`; other codes are the upstream's own.
fn ending_of(product: Product, code: u16) -> Ending {
    match (code, product) {
        (504, _) => Ending::Timeout,
        (502, Product::Nginx)
        | (503, Product::Envoy | Product::IstioJson | Product::Alb | Product::Haproxy) => Ending::Refused,
        (502, _) => Ending::Reset,
        _ => Ending::Answered,
    }
}
