//! Response flags: a set, because their order changed over the versions.

macro_rules! flags {
    ($($short:ident = $long:literal,)*) => {
        /// The flags of Envoy's core, by their short names. Source: `stream_info.h`, `CoreResponseFlag`.
        #[expect(clippy::upper_case_acronyms, reason = "spelt as Envoy spells them")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Flag { $($short,)* }

        impl Flag {
            /// By short name (`UF`) or by the long one of `%RESPONSE_FLAGS_LONG%`.
            fn by_name(name: &[u8]) -> Option<Self> {
                $(if name == stringify!($short).as_bytes() || name == $long { return Some(Self::$short); })*
                None
            }

            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$short,)*];
        }
    };
}

flags! {
    UH = b"NoHealthyUpstream",
    UF = b"UpstreamConnectionFailure",
    UO = b"UpstreamOverflow",
    NR = b"NoRouteFound",
    URX = b"UpstreamRetryLimitExceeded",
    NC = b"NoClusterFound",
    DT = b"DurationTimeout",
    DC = b"DownstreamConnectionTermination",
    DR = b"DownstreamRemoteReset",
    LH = b"FailedLocalHealthCheck",
    UT = b"UpstreamRequestTimeout",
    LR = b"LocalReset",
    UR = b"UpstreamRemoteReset",
    UC = b"UpstreamConnectionTermination",
    UPE = b"UpstreamProtocolError",
    UMSDR = b"UpstreamMaxStreamDurationReached",
    DI = b"DelayInjected",
    FI = b"FaultInjected",
    RL = b"RateLimited",
    UAEX = b"UnauthorizedExternalService",
    RLSE = b"RateLimitServiceError",
    IH = b"InvalidEnvoyRequestHeaders",
    SI = b"StreamIdleTimeout",
    DPE = b"DownstreamProtocolError",
    RFCF = b"ResponseFromCacheFilter",
    NFCF = b"NoFilterConfigFound",
    OM = b"OverloadManagerTerminated",
    DF = b"DnsResolutionFailed",
    DO = b"DropOverload",
    UDO = b"UnconditionalDropOverload",
}

/// A set of flags. Of unknown ones (extensions register their own) nothing is concluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u32);

impl Flags {
    pub(super) fn parse(text: &[u8]) -> Self {
        let names = text.split(|&b| b == b',').map(<[u8]>::trim_ascii);
        Self(names.filter_map(Flag::by_name).fold(0, |set, flag| set | 1 << flag as u32))
    }

    pub(super) const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u32) != 0
    }

    pub(super) fn any(self, flags: &[Flag]) -> bool {
        flags.iter().any(|&flag| self.has(flag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_unknown_flags_do_not_matter() {
        assert_eq!(Flags::parse(b"URX,UF"), Flags::parse(b"UF,URX"));
        assert_eq!(Flags::parse(b"MYEXT,UF"), Flags::parse(b"UF"));
        assert_eq!(Flags::parse(b"-"), Flags::default());
        assert_eq!(Flags::parse(b"UpstreamConnectionFailure"), Flags::parse(b"UF"));
        assert_eq!(Flag::ALL.len(), 30);
    }
}
