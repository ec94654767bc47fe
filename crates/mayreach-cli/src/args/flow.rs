//! A flow on the command line.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    time::{SystemTime, UNIX_EPOCH},
};

use mayreach_wire::{
    FlowIn, ProblemOut,
    flow::{
        Answer, HttpIn, IcmpIn, IpVersionIn, Now, PeerIn, PortIn, ProtocolIn, Said, SourcePort,
        TlsIn,
    },
    mayreach::ErrorCode,
};

use super::Stdin;

/// No token is longer.
const TOKEN_BYTES_MAX: u64 = 1 << 20;

/// One flow: what is left out is not known, and where it matters the answer says so.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "The flow")]
pub(crate) struct FlowArgs {
    /// Who asks: `namespace/workload` or an IP address.
    #[arg(long, value_name = "PEER", value_parser = PeerIn::parse)]
    pub(crate) from: Option<PeerIn>,
    /// Whom: `namespace/workload`, an IP address, or `service:namespace/name`.
    #[arg(long, value_name = "PEER", value_parser = PeerIn::parse)]
    pub(crate) to: Option<PeerIn>,
    /// Port by number or name: the Service's, or the workload's own.
    #[arg(long, value_parser = port)]
    port: Option<PortIn>,
    /// `TCP`, `UDP`, `SCTP`, `ICMP`, `ICMPv6`, `UDPLite` or a number [default: `TCP`].
    #[arg(long, value_parser = protocol)]
    protocol: Option<ProtocolIn>,
    /// 4 or 6: which of their addresses the ends use, where they have both.
    #[arg(long, value_name = "4|6", value_parser = ip_version)]
    ip_version: Option<IpVersionIn>,
    /// ICMP type, and code if it matters, such as `8/0`.
    #[arg(long, value_name = "TYPE[/CODE]", value_parser = icmp)]
    icmp: Option<IcmpIn>,
    /// Port that the client sends from.
    #[arg(long, value_name = "PORT", value_parser = source_port)]
    source_port: Option<SourcePort>,
    /// HTTP method.
    #[arg(long)]
    method: Option<String>,
    /// Request target as sent, query included.
    #[arg(long)]
    path: Option<String>,
    /// `Host` or `:authority`, port included if it is sent.
    #[arg(long)]
    host: Option<String>,
    /// A header line `name: value`; may repeat. Those given are all there are.
    #[arg(long, value_name = "LINE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The connection is not HTTP.
    #[arg(long, conflicts_with_all = ["method", "path", "host", "header"])]
    no_http: bool,
    /// TLS server name that the client sends.
    #[arg(long, value_name = "NAME")]
    sni: Option<String>,
    /// File with the bearer token, or `-`.
    #[arg(long, value_name = "FILE")]
    token: Option<String>,
    /// The request carries no token, as one with method and path and no token does.
    #[arg(long, conflicts_with_all = ["token", "claims"])]
    no_token: bool,
    /// File with the JSON payload of a token that counts as verified.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    claims: Option<String>,
    /// Time of the request: `2026-11-22T00:00:00Z`, seconds since 1970, or `now`.
    #[arg(long, value_name = "TIME", value_parser = time, allow_negative_numbers = true)]
    now: Option<Now>,
    /// The client speaks plaintext, although it may be in the mesh.
    #[arg(long, conflicts_with = "mtls")]
    plaintext: bool,
    /// The client speaks mTLS, whatever the mesh would choose.
    #[arg(long)]
    mtls: bool,
    /// The client speaks TLS of its own, without a client certificate.
    #[arg(long, conflicts_with_all = ["mtls", "plaintext"])]
    tls_without_certificate: bool,
    /// Identity that the client presents, instead of its own.
    #[arg(long, value_name = "ID")]
    principal: Option<String>,
    /// What an external authorizer answers: `name=allow`, `name=deny` or `name=error` where it
    /// cannot be asked; may repeat.
    #[arg(long, value_name = "NAME=ANSWER", value_parser = answer)]
    ext_authz: Vec<(String, Answer)>,
}

impl FlowArgs {
    /// The flow.
    ///
    /// # Errors
    /// A file that cannot be read, or what it holds.
    pub(crate) fn read(&self, stdin: &mut Stdin) -> Result<FlowIn, ProblemOut> {
        let (Some(from), Some(to)) = (&self.from, &self.to) else {
            let problem = ProblemOut::new(ErrorCode::MissingField, "no flow is asked");
            return Err(problem.help("give `--from` and `--to`, or `--flows FILE`"));
        };
        let mut source = from.clone();
        source.mtls = self.mtls.then_some(true).or(self.plaintext.then_some(false));
        source.tls_without_certificate = self.tls_without_certificate.then_some(true);
        source.principal.clone_from(&self.principal);
        let answers: BTreeMap<String, Answer> = self.ext_authz.iter().cloned().collect();
        Ok(FlowIn {
            id: None,
            source,
            destination: to.clone(),
            port: self.port.clone(),
            protocol: self.protocol.clone(),
            ip_version: self.ip_version,
            icmp: self.icmp,
            source_port: self.source_port,
            http: self.http(),
            tls: self.sni.as_ref().map(|sni| TlsIn { sni: Some(sni.clone()) }),
            token: self.token(stdin)?,
            claims: self.claims(stdin)?,
            now: self.now.clone(),
            ext_authz: (!answers.is_empty()).then_some(answers),
        })
    }

    fn http(&self) -> Said<HttpIn> {
        if self.no_http {
            return Said::Nothing;
        }
        let headers = (!self.header.is_empty()).then(|| self.header.clone());
        let http = HttpIn {
            method: self.method.clone(),
            path: self.path.clone(),
            host: self.host.clone(),
            headers,
        };
        if http == HttpIn::default() { Said::Unknown } else { Said::Is(http) }
    }

    fn token(&self, stdin: &mut Stdin) -> Result<Said<String>, ProblemOut> {
        match &self.token {
            Some(file) => Ok(Said::Is(read(file, "--token", stdin)?.trim().to_owned())),
            None if self.no_token => Ok(Said::Nothing),
            None => Ok(Said::Unknown),
        }
    }

    fn claims(
        &self,
        stdin: &mut Stdin,
    ) -> Result<Option<serde_json::Map<String, serde_json::Value>>, ProblemOut> {
        let Some(file) = &self.claims else { return Ok(None) };
        let text = read(file, "--claims", stdin)?;
        serde_json::from_str(&text).map(Some).map_err(|error| {
            let problem = ProblemOut::new(ErrorCode::Syntax, format!("not a JSON object: {error}"));
            problem.at(file, u32::try_from(error.line()).unwrap_or_default())
        })
    }
}

/// The text of a small file, or of the standard input.
fn read(file: &str, by: &'static str, stdin: &mut Stdin) -> Result<String, ProblemOut> {
    let from: Box<dyn Read> = if file == "-" {
        Box::new(stdin.take(by)?)
    } else {
        let opened = fs::File::open(file);
        Box::new(opened.map_err(|error| unreadable(by, file, &error.to_string()))?)
    };
    let mut text = String::new();
    let read = from.take(TOKEN_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| unreadable(by, file, &error.to_string()))?;
    if text.len() as u64 > TOKEN_BYTES_MAX {
        return Err(unreadable(by, file, "it is larger than 1 MiB"));
    }
    Ok(text)
}

fn unreadable(by: &str, file: &str, why: &str) -> ProblemOut {
    ProblemOut::new(ErrorCode::InvalidValue, format!("cannot read `{file}`: {why}")).field(by)
}

fn port(text: &str) -> Result<PortIn, String> {
    if text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return Ok(PortIn::Name(text.to_owned()));
    }
    source_port(text).map(|SourcePort(number)| PortIn::Number(number))
}

fn ip_version(text: &str) -> Result<IpVersionIn, String> {
    let known = text.parse().ok().and_then(IpVersionIn::new);
    known.ok_or_else(|| "expected 4 or 6".to_owned())
}

fn source_port(text: &str) -> Result<SourcePort, String> {
    match text.parse::<u16>() {
        Ok(number) if number > 0 && text.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(SourcePort(number))
        }
        _ => Err("a port is a number from 1 to 65535".into()),
    }
}

fn protocol(text: &str) -> Result<ProtocolIn, String> {
    let read = text.parse().map_or_else(|_| ProtocolIn::Name(text.to_owned()), ProtocolIn::Number);
    match (read.check("--protocol"), &read) {
        (_, ProtocolIn::Number(0)) => Err("a protocol's number is 1 to 255".into()),
        (Ok(_), _) => Ok(read),
        (Err(problem), _) => Err(problem.help.unwrap_or(problem.message)),
    }
}

fn icmp(text: &str) -> Result<IcmpIn, String> {
    let byte = |text: &str| {
        text.parse::<u8>().map_err(|_| "write it like `8` or `8/0`, numbers from 0 to 255")
    };
    let (kind, code) = match text.split_once('/') {
        Some((kind, code)) => (kind, Some(byte(code)?)),
        None => (text, None),
    };
    Ok(IcmpIn { kind: byte(kind)?, code })
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write a header as `name: value`".into()),
    }
}

fn time(text: &str) -> Result<Now, String> {
    if text == "now" {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.ok().and_then(|since| i64::try_from(since.as_secs()).ok());
        return seconds.map(Now::Seconds).ok_or_else(|| "this machine has no clock".into());
    }
    let now = text.parse().map_or_else(|_| Now::Text(text.to_owned()), Now::Seconds);
    now.seconds().map_err(|problem| problem.help.unwrap_or(problem.message))?;
    Ok(now)
}

fn answer(text: &str) -> Result<(String, Answer), String> {
    match text.rsplit_once('=') {
        Some((name, "allow")) if !name.is_empty() => Ok((name.to_owned(), Answer::Allow)),
        Some((name, "deny")) if !name.is_empty() => Ok((name.to_owned(), Answer::Deny)),
        Some((name, "error")) if !name.is_empty() => Ok((name.to_owned(), Answer::Error)),
        _ => Err("write it as `name=allow`, `name=deny` or `name=error`".into()),
    }
}
