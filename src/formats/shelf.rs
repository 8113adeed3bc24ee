//! The presets, by name and by family.

use std::sync::OnceLock;

use super::Known;
use crate::error::FormatError;
use crate::json::JsonFormat;
use crate::template::{Template, builtin};

/// A preset of the shelf: a format that a product writes by default, or that most guides recommend.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// The name that `--format` and [`by_name`] take; unique and stable.
    pub name: &'static str,
    /// What writes it, as a phrase for lists: `AWS ALB, every width`.
    pub about: &'static str,
    pub(super) group: Group,
    make: Make,
}

/// How a preset comes to be.
#[derive(Debug, Clone, Copy)]
enum Make {
    /// Always the same.
    Fixed(fn() -> Result<Known, FormatError>),
    /// The file says itself which columns it has; called with the lines of a sample, or with none.
    FromLines(fn(&[&[u8]]) -> Result<Known, FormatError>),
}

/// Presets that one program can write into one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Group {
    Nginx,
    Envoy,
    Aws,
    CloudFront,
    Haproxy,
    Apache,
    Traefik,
    Caddy,
    Gcp,
    AzureAppGateway,
    AzureFrontDoor,
    Cloudflare,
    Ltsv,
}

impl Group {
    /// Whether lines of all its members are to be expected in every file, be they in the sample or not: HAProxy has
    /// HTTP and TCP frontends, Traefik writes a dash with or without quotes.
    pub(super) const fn always_mixed(self) -> bool {
        matches!(self, Self::Haproxy | Self::Traefik)
    }
}

impl Preset {
    /// The format itself, in its usual shape.
    pub(super) fn known(&self) -> Result<Known, FormatError> {
        self.known_from(&[])
    }

    /// The format itself, in the shape these lines have.
    pub(super) fn known_from(&self, lines: &[&[u8]]) -> Result<Known, FormatError> {
        match self.make {
            Make::Fixed(make) => self.compiled(make),
            Make::FromLines(make) => make(lines),
        }
    }

    /// What `make` makes, made once.
    fn compiled(&self, make: fn() -> Result<Known, FormatError>) -> Result<Known, FormatError> {
        let place = PRESETS.iter().position(|p| p.name == self.name).and_then(|at| COMPILED.get(at));
        let Some(place) = place else { return make() };
        if let Some(known) = place.get() {
            return Ok(known.clone());
        }
        make().map(|known| place.get_or_init(|| known).clone())
    }

    /// This preset, and what else the same program writes.
    pub(super) fn relatives(&'static self) -> impl Iterator<Item = &'static Preset> {
        let others = PRESETS.iter().filter(|p| p.group == self.group && p.name != self.name);
        std::iter::once(self).chain(others)
    }
}

/// The preset of this name, or of another name people have for it.
pub(super) fn preset(name: &str) -> Option<&'static Preset> {
    let name = match name {
        "nginx" => "nginx-combined",
        "nginx-ingress" => "ingress-nginx",
        "apache" => "apache-combined",
        "aws-alb" => "alb",
        "aws-elb" => "elb",
        "aws-nlb" => "nlb",
        "aws-cloudfront" => "cloudfront",
        "gcp-lb" => "gcp",
        name => name,
    };
    PRESETS.iter().find(|p| p.name == name)
}

/// The preset of this name; `nginx`, `apache` and `aws-alb` are names for `nginx-combined`, `apache-combined` and
/// `alb`.
///
/// ```
/// use brownout::formats::{Known, by_name};
/// assert!(matches!(by_name("alb"), Some(Known::Text(_))));
/// assert!(matches!(by_name("caddy"), Some(Known::Json(_))));
/// assert!(by_name("iis").is_none());
/// ```
pub fn by_name(name: &str) -> Option<Known> {
    preset(name)?.known().ok()
}

/// All presets, in the order that breaks ties when formats are recognised.
///
/// ```
/// use brownout::formats::{by_name, presets};
/// for preset in presets() {
///     println!("{:20} {}", preset.name, preset.about);
///     assert!(by_name(preset.name).is_some());
/// }
/// ```
pub fn presets() -> &'static [Preset] {
    PRESETS
}

macro_rules! text {
    ($group:ident, $name:literal, $about:literal, $language:ident, $text:ident) => {
        Preset {
            name: $name,
            about: $about,
            group: Group::$group,
            make: Make::Fixed(|| Ok(Known::Text(Template::$language(builtin::$text)?.named($name)))),
        }
    };
}

macro_rules! fixed {
    ($group:ident, $name:literal, $about:literal, $make:expr) => {
        Preset {
            name: $name,
            about: $about,
            group: Group::$group,
            make: Make::Fixed(|| Ok(Known::Text($make))),
        }
    };
}

macro_rules! json {
    ($group:ident, $name:literal, $about:literal) => {
        Preset {
            name: $name,
            about: $about,
            group: Group::$group,
            make: Make::Fixed(|| {
                JsonFormat::preset($name)
                    .map(Known::Json)
                    .ok_or_else(|| FormatError::new(0..0, "no such map"))
            }),
        }
    };
}

/// The presets that were asked for, compiled: recognising the format of a file asks for nearly all of them, and a folder
/// has many files.
static COMPILED: [OnceLock<Known>; PRESETS.len()] = [const { OnceLock::new() }; PRESETS.len()];

/// The shelf. Order breaks ties between formats that read a sample alike.
const PRESETS: &[Preset] = &[
    text!(Nginx, "nginx-combined", "nginx, its default", nginx, NGINX_COMBINED),
    text!(Nginx, "nginx-main", "nginx, as its packages configure it", nginx, NGINX_MAIN),
    text!(Nginx, "nginx-upstream", "nginx with the upstream's part of the story", nginx, NGINX_UPSTREAM),
    text!(Nginx, "nginx-vhost", "nginx combined behind the name of the host", nginx, NGINX_VHOST),
    text!(Nginx, "nginx-forwarded", "nginx combined with X-Forwarded-For first", nginx, NGINX_FORWARDED),
    text!(
        Nginx,
        "nginx-vhost-forwarded",
        "nginx-forwarded behind the name of the host",
        nginx,
        NGINX_VHOST_FORWARDED
    ),
    text!(Nginx, "nginx-proxy-manager", "Nginx Proxy Manager, proxied hosts", nginx, NGINX_PROXY_MANAGER),
    text!(
        Nginx,
        "nginx-proxy-manager-host",
        "Nginx Proxy Manager, other hosts",
        nginx,
        NGINX_PROXY_MANAGER_HOST
    ),
    text!(Nginx, "npmplus", "NPMplus", nginx, NPMPLUS),
    text!(Nginx, "ingress-nginx", "ingress-nginx since September 2019", nginx, INGRESS_NGINX),
    text!(Nginx, "ingress-nginx-2019", "ingress-nginx, June to September 2019", nginx, INGRESS_NGINX_REAL_IP),
    text!(
        Nginx,
        "ingress-nginx-2018",
        "ingress-nginx, April 2018 to June 2019",
        nginx,
        INGRESS_NGINX_ONE_NAME
    ),
    text!(Nginx, "ingress-nginx-2017", "ingress-nginx before April 2018", nginx, INGRESS_NGINX_NO_ID),
    text!(
        Nginx,
        "ingress-nginx-vhost",
        "ingress-nginx behind the name of the host",
        nginx,
        INGRESS_NGINX_VHOST
    ),
    text!(Envoy, "envoy", "Envoy's default; Contour and older Envoy Gateways", envoy, ENVOY_DEFAULT),
    text!(Envoy, "istio", "Istio since 1.9", envoy, ISTIO),
    text!(Envoy, "envoy-ambassador", "Envoy as Ambassador configures it", envoy, ENVOY_AMBASSADOR),
    fixed!(Aws, "alb", "AWS ALB, every width", Template::alb()),
    fixed!(Aws, "elb", "AWS Classic ELB", Template::elb()),
    fixed!(Aws, "nlb", "AWS NLB, TLS listeners: no status", Template::nlb()),
    Preset {
        name: "cloudfront",
        about: "Amazon CloudFront, by its #Fields",
        group: Group::CloudFront,
        make: Make::FromLines(|lines| {
            Ok(Known::Text(Template::cloudfront_of(lines.iter().copied(), b'\t')?))
        }),
    },
    Preset {
        name: "cloudfront-spaced",
        about: "Amazon CloudFront, copied with blanks for the tabs",
        group: Group::CloudFront,
        make: Make::FromLines(|lines| {
            Ok(Known::Text(Template::cloudfront_of(lines.iter().copied(), b' ')?.named("cloudfront-spaced")))
        }),
    },
    text!(Haproxy, "haproxy", "HAProxy option httplog", haproxy, HAPROXY_HTTP),
    text!(Haproxy, "haproxy-https", "HAProxy option httpslog", haproxy, HAPROXY_HTTPS),
    text!(Haproxy, "haproxy-tcp", "HAProxy option tcplog", haproxy, HAPROXY_TCP),
    text!(Haproxy, "haproxy-clf", "HAProxy option httplog clf", haproxy, HAPROXY_CLF),
    text!(Haproxy, "haproxy-host", "HAProxy httplog with the host behind the server", haproxy, HAPROXY_HOST),
    text!(Apache, "apache-combined", "Apache httpd combined", apache, APACHE_COMBINED),
    text!(Apache, "apache-common", "Apache httpd common, and any CLF", apache, APACHE_COMMON),
    text!(Apache, "apache-common-tabs", "Apache httpd common between tabs", apache, APACHE_COMMON_TABS),
    text!(Apache, "apache-vhost", "Apache httpd vhost_combined", apache, APACHE_VHOST),
    text!(
        Apache,
        "apache-vhost-name",
        "Apache httpd vhost_combined without the port",
        apache,
        APACHE_VHOST_NAME
    ),
    text!(Apache, "apache-vhost-common", "Apache httpd vhost_common", apache, APACHE_VHOST_COMMON),
    text!(
        Apache,
        "apache-ssl-request",
        "Apache httpd ssl_request_log: no status",
        apache,
        APACHE_SSL_REQUEST
    ),
    text!(Apache, "apache-gandi", "Apache httpd combined as Gandi configures it", apache, APACHE_GANDI),
    text!(Apache, "apache-ovh", "Apache httpd combined as OVH configures it", apache, APACHE_OVH),
    text!(Nginx, "nginx-anonymous", "nginx combined without the user", nginx, NGINX_ANONYMOUS),
    text!(
        Nginx,
        "nginx-stream-proxy",
        "nginx stream: TCP and UDP sessions to upstreams",
        nginx,
        NGINX_STREAM_PROXY
    ),
    text!(Nginx, "nginx-stream", "nginx stream: TCP and UDP sessions", nginx, NGINX_STREAM),
    text!(Nginx, "nginx-common", "nginx in the common log format", nginx, NGINX_COMMON),
    fixed!(Traefik, "traefik", "Traefik, CLF", Template::traefik()),
    fixed!(Traefik, "traefik-generic", "Traefik, genericCLF", Template::traefik_generic()),
    fixed!(Traefik, "traefik-common", "Traefik, common log format", Template::traefik_common()),
    fixed!(Traefik, "traefik-unrouted", "Traefik v2.1, CLF without a server", Template::traefik_unrouted()),
    fixed!(
        Traefik,
        "traefik-unknown",
        "Traefik v2.1, CLF without router and server",
        Template::traefik_unknown()
    ),
    fixed!(
        Traefik,
        "traefik-v1-unrouted",
        "Traefik v1, CLF without a server",
        Template::traefik_v1_unrouted()
    ),
    fixed!(Traefik, "traefik-v1", "Traefik v1, CLF without a referer", Template::traefik_v1()),
    Preset {
        name: "ltsv",
        about: "labelled values between tabs (LTSV), by the labels of its lines",
        group: Group::Ltsv,
        make: Make::FromLines(|lines| Ok(Known::Text(Template::ltsv(lines.iter().copied())?))),
    },
    json!(Nginx, "nginx-json", "nginx and ingress-nginx, a log_format that looks like JSON"),
    json!(Envoy, "istio-json", "Istio, JSON"),
    json!(Envoy, "envoy-json", "Envoy, Envoy Gateway and Contour, JSON"),
    json!(Gcp, "gcp", "Google Cloud HTTP(S) load balancers, LogEntry JSON"),
    json!(AzureAppGateway, "azure-appgw", "Azure Application Gateway v2"),
    json!(AzureAppGateway, "azure-appgw-v1", "Azure Application Gateway v1"),
    json!(AzureFrontDoor, "azure-frontdoor", "Azure Front Door"),
    json!(Cloudflare, "cloudflare", "Cloudflare Logpush http_requests"),
    json!(Traefik, "traefik-json", "Traefik, JSON"),
    json!(Caddy, "caddy", "Caddy, JSON"),
];
