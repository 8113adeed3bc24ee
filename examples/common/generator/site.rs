//! The shop whose logs are made: its upstreams, hosts, routes and visitors. Addresses are from the ranges set aside
//! for documentation (RFC 5737) and for private use.

/// A group of hosts behind the proxy.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    /// Share of the requests, in per cent.
    pub(crate) weight: u64,
    /// Median time to answer, in milliseconds.
    pub(crate) median: f64,
    pub(crate) hosts: &'static [Host],
    pub(crate) routes: &'static [Route],
}

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) addr: &'static str,
    /// The name HAProxy's configuration gives it.
    pub(crate) name: &'static str,
    pub(crate) zone: &'static str,
}

/// `#` in a path stands for a number, `*` for a word.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// The usual status.
    pub(crate) status: u16,
    /// About how many bytes the answer has.
    pub(crate) bytes: u64,
}

const fn host(addr: &'static str, name: &'static str, zone: &'static str) -> Host {
    Host { addr, name, zone }
}

const fn get(path: &'static str, bytes: u64) -> Route {
    Route { method: "GET", path, status: 200, bytes }
}

const fn post(path: &'static str, status: u16, bytes: u64) -> Route {
    Route { method: "POST", path, status, bytes }
}

pub(crate) const SERVICES: &[Service] = &[
    Service {
        name: "web",
        weight: 34,
        median: 9.0,
        hosts: &[host("10.0.1.11:8080", "web-a1", "zone-a"), host("10.0.2.11:8080", "web-b1", "zone-b")],
        routes: &[
            get("/", 18_200),
            get("/offers", 22_400),
            get("/offers/#", 14_800),
            get("/assets/app.5e1c9d20.js", 91_000),
            get("/assets/main.8bd0f3a7.css", 24_000),
        ],
    },
    Service {
        name: "catalog",
        weight: 24,
        median: 21.0,
        hosts: &[
            host("10.0.1.21:8080", "catalog-a1", "zone-a"),
            host("10.0.1.22:8080", "catalog-a2", "zone-a"),
            host("10.0.2.21:8080", "catalog-b1", "zone-b"),
            host("10.0.2.22:8080", "catalog-b2", "zone-b"),
        ],
        routes: &[
            get("/api/products/#", 2_300),
            get("/api/products/#/reviews?page=#", 6_100),
            get("/api/categories/*/products?limit=24", 19_000),
            get("/api/products/#/stock", 180),
        ],
    },
    Service {
        name: "checkout",
        weight: 16,
        median: 64.0,
        hosts: &[
            host("10.0.1.31:9000", "checkout-a1", "zone-a"),
            host("10.0.2.31:9000", "checkout-b1", "zone-b"),
            host("10.0.2.32:9000", "checkout-b2", "zone-b"),
        ],
        routes: &[
            get("/api/cart", 1_100),
            post("/api/cart/items", 201, 420),
            post("/api/orders", 201, 900),
            get("/api/orders/#", 1_700),
            Route { method: "DELETE", path: "/api/cart/items/#", status: 204, bytes: 0 },
        ],
    },
    Service {
        name: "search",
        weight: 14,
        median: 38.0,
        hosts: &[
            host("10.0.1.41:8080", "search-a1", "zone-a"),
            host("10.0.2.41:8080", "search-b1", "zone-b"),
        ],
        routes: &[
            get("/api/search?q=*", 8_800),
            get("/api/search?q=*&page=#", 8_300),
            get("/api/suggest?q=*", 640),
        ],
    },
    Service {
        name: "accounts",
        weight: 12,
        median: 17.0,
        hosts: &[
            host("10.0.1.51:8443", "accounts-a1", "zone-a"),
            host("10.0.2.51:8443", "accounts-b1", "zone-b"),
        ],
        routes: &[
            post("/api/login", 200, 510),
            get("/api/me", 760),
            get("/api/me/orders?page=#", 4_200),
            Route { method: "PUT", path: "/api/me/address", status: 204, bytes: 0 },
        ],
    },
];

pub(crate) const WORDS: &[&str] = &[
    "lamp",
    "desk",
    "chair",
    "oak",
    "kettle",
    "rug",
    "shelf",
    "linen",
    "mirror",
    "garden%20bench",
    "vase",
    "clock",
];

pub(crate) const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "ShopApp/7.14.2 (Android 15; Pixel 8)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "ShopApp/7.13.0 (iOS 18.6)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    "okhttp/4.12.0",
    "curl/8.14.1",
    "python-requests/2.32.4",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
];

/// The first three numbers of client addresses.
pub(crate) const NETWORKS: &[&str] = &["192.0.2.", "198.51.100.", "203.0.113."];

pub(crate) const SITE: &str = "shop.example";
