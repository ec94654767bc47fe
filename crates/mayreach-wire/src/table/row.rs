//! One row after the other: the common ones without a copy, the rest by way of JSON.

use std::collections::HashMap;

use mayreach::{Flow, Http, Peer, Port, Program, Protocol, Reason, Request, Token};

use super::{
    answer::Answer,
    column::Text,
    input::{Either, Input, boolean, number, text},
    json::{self, both_http, not_an_end},
    memo::{KEYS, Key, Memo},
};
use crate::{
    Engine, ProblemOut,
    flow::{Fits, Now, ProtocolIn, peer},
};

/// Rows after which it is clear whether rows come back.
const TRIAL: usize = 2048;

/// Asks the rows of one part of a table.
pub(super) struct Asker<'a> {
    engine: &'a Engine,
    input: &'a Input<'a>,
    source: Ends<'a>,
    destination: Ends<'a>,
    memo: Option<Recall<'a>>,
}

/// An end that was read: most are names or addresses, the rest is JSON.
#[derive(Clone, Debug)]
enum End<'a> {
    Known(Peer<'a>),
    Rare,
    Wrong(ProblemOut),
}

/// The values of a dictionary, read once.
struct Ends<'a> {
    name: &'static str,
    text: &'a Text<'a>,
    read: Vec<End<'a>>,
}

impl<'a> Ends<'a> {
    fn new(program: &Program, name: &'static str, text: &'a Text<'a>) -> Self {
        let read = text.dictionary().into_iter().flatten();
        let read = read.map(|said| match Self::end(name, said) {
            End::Known(Peer::Workload { namespace, name }) => End::Known(
                program
                    .workload(namespace, name)
                    .map_or(Peer::Workload { namespace, name }, Peer::Id),
            ),
            end => end,
        });
        Self { name, text, read: read.collect() }
    }

    fn end(name: &str, said: Option<&'a str>) -> End<'a> {
        match said {
            None => End::Wrong(ProblemOut::invalid(name, "nothing says who this is")),
            Some(json) if json.starts_with('{') => End::Rare,
            Some(said) => match peer(said) {
                Ok(Peer::Service { .. }) if name == "source" => End::Rare,
                Ok(peer) => End::Known(peer),
                Err(help) => End::Wrong(not_an_end(name, said, help)),
            },
        }
    }

    /// `None`: a row for JSON.
    fn get(&self, row: usize) -> Result<Option<Peer<'a>>, ProblemOut> {
        let fresh;
        let end = match self.text.code(row).and_then(|code| self.read.get(code)) {
            Some(end) => end,
            None => {
                fresh = Self::end(self.name, self.text.get(row));
                &fresh
            }
        };
        match end {
            End::Known(peer) => Ok(Some(*peer)),
            End::Rare => Ok(None),
            End::Wrong(problem) => Err(problem.clone()),
        }
    }
}

impl<'a> Asker<'a> {
    pub(super) fn new(engine: &'a Engine, input: &'a Input<'a>) -> Self {
        let program = engine.program();
        Self {
            engine,
            input,
            source: Ends::new(program, "source", &input.source),
            destination: Ends::new(program, "destination", &input.destination),
            memo: Recall::new(input),
        }
    }

    /// The answer to a row.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn ask(&mut self, row: usize) -> Result<Answer, ProblemOut> {
        let Some(memo) = &mut self.memo else { return self.decide(row) };
        let key = memo.key(row);
        if let Some(answer) = memo.get(&key) {
            return Ok(answer);
        }
        let pays = memo.pays();
        let answer = self.decide(row)?;
        match &mut self.memo {
            Some(memo) if pays => memo.seen.put(key, answer),
            _ => self.memo = None,
        }
        Ok(answer)
    }

    fn decide(&self, row: usize) -> Result<Answer, ProblemOut> {
        let input = self.input;
        let words = |column: &Option<Text<'_>>| text(column.as_ref(), row).is_some();
        let rare = words(&input.headers)
            || words(&input.claims)
            || words(&input.ext_authz)
            || number(input.ip_version.as_ref(), row).is_some()
            || number(input.icmp_type.as_ref(), row).is_some()
            || number(input.icmp_code.as_ref(), row).is_some();
        let ends = (self.source.get(row)?, self.destination.get(row)?);
        match ends {
            (Some(source), Some(destination)) if !rare => {
                self.common(&self.flow(row, source, destination)?)
            }
            _ => json::flow(input, row)?.with_flow(|flow| self.common(flow))?,
        }
    }

    fn common(&self, flow: &Flow<'_>) -> Result<Answer, ProblemOut> {
        let program = self.engine.program();
        let decision = program.decide(flow);
        let [first, ..] = &decision.layers;
        if first.reason == Reason::UnknownPeer {
            program.check(flow).map_err(|problem| ProblemOut::from(&problem))?;
        }
        Ok(Answer::from(&decision))
    }

    fn flow(
        &self,
        row: usize,
        source: Peer<'a>,
        destination: Peer<'a>,
    ) -> Result<Flow<'a>, ProblemOut> {
        let input = self.input;
        let words = |column: &'a Option<Text<'a>>| text(column.as_ref(), row);
        let mut flow = Flow::new(source, destination, port(input.port.as_ref(), row)?);
        if let Some(protocol) = &input.protocol {
            flow.protocol = self::protocol(protocol, row)?;
        }
        flow.source_port = number(input.source_port.as_ref(), row)
            .map(|n| to_port(n, "source_port"))
            .transpose()?;
        flow.http = self.http(row)?;
        Fits {
            port: flow.port != Port::Unknown,
            source_port: flow.source_port.is_some(),
            icmp: false,
            http: matches!(flow.http, Http::Request(_)),
        }
        .check(flow.protocol)?;
        flow.sni = words(&input.sni);
        flow.mtls = boolean(input.mtls, row);
        flow.tls_without_certificate =
            boolean(input.tls_without_certificate, row).unwrap_or_default();
        flow.principal = words(&input.principal);
        flow.now = now(input.now.as_ref(), row)?;
        let whole =
            matches!(&flow.http, Http::Request(r) if r.method.is_some() && r.path.is_some());
        flow.token = match words(&input.token) {
            Some("") => Token::Absent,
            Some(token) => Token::Raw(token),
            // Who writes down a whole request and no token says that none is sent.
            None if whole => Token::Absent,
            None => Token::Unknown,
        };
        Ok(flow)
    }

    fn http(&self, row: usize) -> Result<Http<'a>, ProblemOut> {
        let words = |column: &'a Option<Text<'a>>| text(column.as_ref(), row);
        let input = self.input;
        let request = Request {
            method: words(&input.method),
            path: words(&input.path),
            host: words(&input.host),
            headers: None,
        };
        let said = request.method.or(request.path).or(request.host).is_some();
        match boolean(input.http, row) {
            Some(false) if said => Err(both_http()),
            Some(false) => Ok(Http::Raw),
            None if !said => Ok(Http::Unknown),
            _ => Ok(Http::Request(request)),
        }
    }
}

fn to_port(number: i64, name: &str) -> Result<u16, ProblemOut> {
    u16::try_from(number).ok().filter(|port| *port > 0).ok_or_else(|| {
        let message = format!("{number} is no port number from 1 to 65535");
        ProblemOut::new(mayreach::ErrorCode::InvalidValue, message).field(name)
    })
}

fn port<'a>(column: Option<&'a Either<'a>>, row: usize) -> Result<Port<'a>, ProblemOut> {
    match column {
        None => Ok(Port::Unknown),
        Some(Either::Number(numbers)) => {
            let number = numbers.get(row).map(|n| to_port(n, "port")).transpose()?;
            Ok(number.map_or(Port::Unknown, Port::Number))
        }
        Some(Either::Text(text)) => match text.get(row) {
            None => Ok(Port::Unknown),
            Some(name) if name.bytes().any(|b| b.is_ascii_alphabetic()) => Ok(Port::Name(name)),
            Some(other) => {
                let message = format!("`{other}` is no name of a port");
                Err(ProblemOut::new(mayreach::ErrorCode::InvalidValue, message)
                    .field("port")
                    .help("numbers of ports go into a column of whole numbers"))
            }
        },
    }
}

fn protocol(column: &Either<'_>, row: usize) -> Result<Protocol, ProblemOut> {
    match column {
        Either::Text(text) => match text.get(row) {
            None | Some("TCP") => Ok(Protocol::Tcp),
            Some(name) => ProtocolIn::Name(name.to_owned()).check("protocol"),
        },
        Either::Number(numbers) => match numbers.get(row) {
            None => Ok(Protocol::Tcp),
            Some(number) => {
                let known = u8::try_from(number).ok().filter(|n| *n > 0);
                known.map(Protocol::from_number).ok_or_else(|| {
                    let message = format!("{number} is no protocol number from 1 to 255");
                    ProblemOut::new(mayreach::ErrorCode::InvalidValue, message).field("protocol")
                })
            }
        },
    }
}

fn now(column: Option<&Either<'_>>, row: usize) -> Result<Option<i64>, ProblemOut> {
    match column {
        None => Ok(None),
        Some(Either::Number(numbers)) => Ok(numbers.get(row)),
        Some(Either::Text(text)) => {
            let said = text.get(row).map(|text| Now::Text(text.to_owned()));
            said.map(|now| now.seconds()).transpose()
        }
    }
}

/// Recalls the answers to rows whose values are places in dictionaries or small numbers.
struct Recall<'a> {
    columns: [Option<Part<'a>>; KEYS],
    interned: [HashMap<&'a str, u32>; KEYS],
    seen: Memo,
    asked: usize,
    hits: usize,
}

/// A column that is part of the key.
#[derive(Clone, Copy)]
enum Part<'a> {
    Text(&'a Text<'a>),
    Either(&'a Either<'a>),
}

impl<'a> Recall<'a> {
    /// Nothing where a column stands that is no part of the key.
    fn new(input: &'a Input<'a>) -> Option<Self> {
        let others = input.ip_version.is_some()
            || input.source_port.is_some()
            || input.icmp_type.is_some()
            || input.icmp_code.is_some()
            || input.http.is_some()
            || input.headers.is_some()
            || input.token.is_some()
            || input.claims.is_some()
            || input.mtls.is_some()
            || input.tls_without_certificate.is_some()
            || input.now.is_some()
            || input.ext_authz.is_some()
            || input.sni.is_some();
        if others {
            return None;
        }
        let text = |column: &'a Option<Text<'a>>| column.as_ref().map(Part::Text);
        let either = |column: &'a Option<Either<'a>>| column.as_ref().map(Part::Either);
        Some(Self {
            columns: [
                Some(Part::Text(&input.source)),
                Some(Part::Text(&input.destination)),
                either(&input.port),
                either(&input.protocol),
                text(&input.method),
                text(&input.path),
                text(&input.host),
                text(&input.principal),
            ],
            interned: std::array::from_fn(|_| HashMap::new()),
            seen: Memo::default(),
            asked: 0,
            hits: 0,
        })
    }

    fn key(&mut self, row: usize) -> Key {
        let mut key = [0; KEYS];
        for ((part, column), interned) in key.iter_mut().zip(&self.columns).zip(&mut self.interned)
        {
            *part = match *column {
                None => u32::MAX,
                Some(Part::Either(Either::Number(numbers))) => {
                    numbers.get(row).map_or(u32::MAX, |n| {
                        // Numbers as large as this are wrong, and wrong rows are not kept.
                        u32::try_from(n).unwrap_or(u32::MAX).min(u32::MAX - 1)
                    })
                }
                Some(Part::Either(Either::Text(text)) | Part::Text(text)) => {
                    place(text, row, interned)
                }
            };
        }
        key
    }

    fn get(&mut self, key: &Key) -> Option<Answer> {
        self.asked += 1;
        let answer = self.seen.get(key);
        self.hits += usize::from(answer.is_some());
        answer
    }

    /// Looking up rows that never come back costs more than asking them.
    fn pays(&self) -> bool {
        self.asked < TRIAL || self.hits * 3 > self.asked
    }
}

/// The number of a value: its place in its dictionary, or in the order that values were met.
fn place<'a>(text: &Text<'a>, row: usize, interned: &mut HashMap<&'a str, u32>) -> u32 {
    if let Some(code) = text.code(row) {
        return u32::try_from(code).unwrap_or(u32::MAX);
    }
    let Some(value) = text.get(row) else { return u32::MAX };
    let next = u32::try_from(interned.len()).unwrap_or(u32::MAX);
    *interned.entry(value).or_insert(next)
}
