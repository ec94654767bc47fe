//! One row after the other: the common ones without a copy, the rest by way of JSON.

use mayreach::{Flow, Http, Peer, Port, Program, Protocol, Reason, Request, Token};

use super::{
    answer::{Answer, Answers},
    column::Text,
    input::{Either, Input, boolean, number, text},
    json::{self, both_http, not_an_end},
    memo::{Memo, of_text, slot},
    requests::Requests,
};
use crate::{
    Engine, ProblemOut,
    flow::{Fits, Now, ProtocolIn, peer, request},
};

/// Slots for texts whose meaning is kept, where a column has no dictionary; half as many are kept.
const SLOTS: usize = 1 << 14;

/// Asks the rows of one part of a table.
pub(super) struct Asker<'a> {
    engine: &'a Engine,
    input: &'a Input<'a>,
    source: Ends<'a>,
    destination: Ends<'a>,
    memo: Option<Memo<'a>>,
    requests: Requests<'a>,
    /// What all rows have in common, where nothing is said but ends, port and request.
    usual: Option<Flow<'a>>,
}

/// An end that was read: most are names or addresses, the rest is JSON.
#[derive(Clone, Debug)]
enum End<'a> {
    Known(Peer<'a>),
    Rare,
    Wrong(ProblemOut),
}

/// The values of a column, each read once: by their places in its dictionary, or as they come.
struct Ends<'a> {
    program: &'a Program,
    name: &'static str,
    text: &'a Text<'a>,
    coded: Vec<Option<Peer<'a>>>,
    /// The end of a hash, and a place in `met` and one.
    slots: Vec<(u32, u32)>,
    met: Vec<(&'a str, Peer<'a>)>,
}

impl<'a> Ends<'a> {
    fn new(program: &'a Program, name: &'static str, text: &'a Text<'a>) -> Self {
        let (coded, slots) = match text.values() {
            // A short batch of a long table may carry the whole table's dictionary.
            Some(values) if values <= text.len() => (vec![None; values], Vec::new()),
            _ => (Vec::new(), vec![(0, 0); SLOTS]),
        };
        Self { program, name, text, coded, slots, met: Vec::new() }
    }

    fn read(&self, said: Option<&'a str>) -> End<'a> {
        match said {
            None => End::Wrong(ProblemOut::invalid(self.name, "nothing says who this is")),
            Some(json) if json.starts_with('{') => End::Rare,
            Some(said) => match peer(said) {
                Ok(Peer::Service { .. }) if self.name == "source" => End::Rare,
                Ok(Peer::Workload { namespace, name }) => {
                    let id = self.program.workload(namespace, name).map(Peer::Id);
                    End::Known(id.unwrap_or(Peer::Workload { namespace, name }))
                }
                Ok(peer) => End::Known(peer),
                Err(help) => End::Wrong(not_an_end(self.name, said, help)),
            },
        }
    }

    /// The end of a row, if it was met before.
    #[inline]
    fn met(&self, row: usize) -> Option<&Peer<'a>> {
        if !self.coded.is_empty() {
            return self.coded.get(self.text.code(row)?)?.as_ref();
        }
        let said = self.text.get(row)?;
        let (place, tag) = Self::place(said);
        let (known, at) = *self.slots.get(place)?;
        let (text, peer) = self.met.get((at as usize).wrapping_sub(1))?;
        (known == tag && *text == said).then_some(peer)
    }

    fn place(said: &str) -> (usize, u32) {
        let hash = of_text(said);
        (slot(hash, SLOTS), u32::try_from(hash & 0xffff_ffff).unwrap_or(0))
    }

    /// `None`: a row for JSON.
    fn get(&mut self, row: usize) -> Result<Option<Peer<'a>>, ProblemOut> {
        if let Some(known) = self.met(row) {
            return Ok(Some(*known));
        }
        let said = self.text.get(row);
        let found = self.fresh(said)?;
        match (self.text.code(row).filter(|_| !self.coded.is_empty()), said) {
            (Some(code), _) => {
                if let Some(place) = self.coded.get_mut(code) {
                    *place = found;
                }
            }
            (None, Some(said)) => {
                let (place, tag) = Self::place(said);
                self.keep(place, tag, said, found);
            }
            (None, None) => {}
        }
        Ok(found)
    }

    #[inline(never)]
    fn keep(&mut self, place: usize, tag: u32, said: &'a str, found: Option<Peer<'a>>) {
        let Some(peer) = found else { return };
        if self.met.len() >= SLOTS / 2 {
            self.met.clear();
            self.slots.fill((0, 0));
        }
        self.met.push((said, peer));
        let at = u32::try_from(self.met.len()).unwrap_or(0);
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = (tag, at);
        }
    }

    #[inline(never)]
    fn fresh(&self, said: Option<&'a str>) -> Result<Option<Peer<'a>>, ProblemOut> {
        match self.read(said) {
            End::Known(peer) => Ok(Some(peer)),
            End::Rare => Ok(None),
            End::Wrong(problem) => Err(problem),
        }
    }
}

impl<'a> Asker<'a> {
    pub(super) fn new(engine: &'a Engine, input: &'a Input<'a>) -> Self {
        let program = engine.program();
        let nobody = Peer::Workload { namespace: "", name: "" };
        Self {
            engine,
            input,
            source: Ends::new(program, "source", &input.source),
            destination: Ends::new(program, "destination", &input.destination),
            memo: Memo::new(input),
            requests: Requests::new(input),
            usual: input.is_usual().then(|| Flow::new(nobody, nobody, Port::Unknown)),
        }
    }

    /// Answers the next row.
    pub(super) fn ask(&mut self, answers: &mut Answers) {
        let row = answers.len();
        let Some(memo) = self.memo.as_mut().filter(|memo| memo.pays()) else {
            self.memo = None;
            return self.tell(row, answers);
        };
        let hash = memo.hash(row);
        if let Some(known) = memo.find(hash, row).and_then(|known| answers.get(known)) {
            return answers.push(known);
        }
        // What is wrong is told of each row.
        let wrong = answers.wrong.len();
        self.tell(row, answers);
        if let (Some(memo), true) = (&mut self.memo, answers.wrong.len() == wrong) {
            memo.put(hash, row);
        }
    }

    fn tell(&mut self, row: usize, answers: &mut Answers) {
        if let Some(answer) = self.quick(row) {
            return answers.push(answer);
        }
        match self.decide(row) {
            Ok(answer) => answers.push(answer),
            Err(problem) => answers.push_wrong(problem),
        }
    }

    /// A whole request of one workload to a port of another, both met before, of which nothing else
    /// can be said.
    #[inline]
    fn quick(&mut self, row: usize) -> Option<Answer> {
        self.usual.as_ref()?;
        let (Peer::Id(from), Peer::Id(to)) = (self.source.met(row)?, self.destination.met(row)?)
        else {
            return None;
        };
        let Some(Either::Number(ports)) = &self.input.port else { return None };
        // 0, and what is no port, is looked at elsewhere.
        let port = u16::try_from(ports.get(row)?).ok().filter(|port| *port > 0)?;
        let program = self.engine.program();
        let decision = match self.requests.met(row) {
            Some(request) => program.decide_prepared(*from, *to, port, request),
            None => program.decide_prepared(*from, *to, port, &self.requests.fresh(row)?),
        };
        Some(Answer::from(&decision))
    }

    fn decide(&mut self, row: usize) -> Result<Answer, ProblemOut> {
        let ends = (self.source.get(row)?, self.destination.get(row)?);
        let (Some(flow), (Some(source), Some(destination))) = (&mut self.usual, ends) else {
            return self.otherwise(row, ends);
        };
        // Of which nothing but ends, port and request can be said.
        let input = self.input;
        let words = |column: &'a Option<Text<'a>>| text(column.as_ref(), row);
        let (method, path, host) = (words(&input.method), words(&input.path), words(&input.host));
        let port = port(input.port.as_ref(), row)?;
        (flow.source, flow.destination, flow.port) = (source, destination, port);
        request(flow, method, path, host);
        common(self.engine, flow)
    }

    #[inline(never)]
    fn otherwise(
        &self,
        row: usize,
        ends: (Option<Peer<'a>>, Option<Peer<'a>>),
    ) -> Result<Answer, ProblemOut> {
        let input = self.input;
        let words = |column: &Option<Text<'_>>| text(column.as_ref(), row).is_some();
        let rare = words(&input.headers)
            || words(&input.claims)
            || words(&input.ext_authz)
            || number(input.ip_version.as_ref(), row).is_some()
            || number(input.icmp_type.as_ref(), row).is_some()
            || number(input.icmp_code.as_ref(), row).is_some();
        match ends {
            (Some(source), Some(destination)) if !rare => {
                common(self.engine, &self.flow(row, source, destination)?)
            }
            _ => json::flow(input, row)?.with_flow(|flow| common(self.engine, flow))?,
        }
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

fn common(engine: &Engine, flow: &Flow<'_>) -> Result<Answer, ProblemOut> {
    let decision = engine.program().decide(flow);
    let [first, ..] = &decision.layers;
    if first.reason == Reason::UnknownPeer {
        engine.program().check(flow).map_err(|problem| ProblemOut::from(&problem))?;
    }
    Ok(Answer::from(&decision))
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
