//! The command line's side of the local socket: one request, one reply.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::BASE64;

use crate::control::protocol::{Call, LINE_BYTES_MAX, Objection, Reply, Request, VERSION};
use crate::control::reports::{
    AppointmentReport, LogReport, PositionReport, RecordReport, StatusReport, StoredReport,
};
use crate::failure::Failure;
use crate::home::Home;

/// Seconds to wait for a reply: a daemon that syncs a full page to a slow disk takes a few.
const REPLY_TIMEOUT_S: u64 = 120;
/// Bytes of one answer: a page of records is longer than any request.
const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// Bytes of base64 in one request: leaves room for the JSON around it.
const PAGE_BYTES_MAX: usize = LINE_BYTES_MAX - (64 << 10);

/// A connection to the running daemon.
pub struct Client {
    socket: PathBuf,
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the daemon of a home folder.
    ///
    /// # Errors
    /// When there is no node or it does not run.
    pub fn connect(home: &Home) -> Result<Self, Failure> {
        home.require()?;
        let socket = home.socket();
        let not_running = |_| Failure::new("errors.node_not_running", &[("socket", &socket.display())]);
        let stream = UnixStream::connect(&socket).map_err(not_running)?;
        let timeout = Some(Duration::from_secs(REPLY_TIMEOUT_S));
        stream
            .set_read_timeout(timeout)
            .map_err(|e| Failure::io(&socket, &e))?;
        stream
            .set_write_timeout(timeout)
            .map_err(|e| Failure::io(&socket, &e))?;
        Ok(Self {
            stream: BufReader::new(stream),
            socket,
        })
    }

    /// Sends a request and waits for its reply.
    ///
    /// # Errors
    /// When the connection fails, what comes is no reply, or the daemon refuses.
    pub fn call(&mut self, request: Request) -> Result<Reply, Failure> {
        let stores = matches!(request, Request::Submit { .. } | Request::SubmitStatements { .. });
        let call = Call {
            version: VERSION,
            request,
        };
        let mut line = serde_json::to_vec(&call).map_err(|e| Failure::internal("client", e))?;
        line.push(b'\n');
        if line.len() > LINE_BYTES_MAX {
            return Err(Failure::internal(
                "client",
                format!("a request of {} bytes", line.len()),
            ));
        }
        let socket = &self.socket;
        let failed = |e: std::io::Error| match e.kind() {
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => gone(socket, stores),
            _ => Failure::io(socket, &e),
        };
        self.stream.get_mut().write_all(&line).map_err(failed)?;
        let mut answer = Vec::new();
        (&mut self.stream)
            .take(ANSWER_BYTES_MAX)
            .read_until(b'\n', &mut answer)
            .map_err(failed)?;
        if answer.is_empty() {
            return Err(gone(socket, stores));
        }
        match self.parse(&answer)? {
            Reply::Refused(refusal) => Err(Failure::refused(&refusal)),
            reply => Ok(reply),
        }
    }

    fn parse(&self, answer: &[u8]) -> Result<Reply, Failure> {
        if answer.last() != Some(&b'\n') {
            return Err(self.garbage("an answer that is cut short"));
        }
        serde_json::from_slice(answer).map_err(|e| self.garbage(e))
    }

    fn garbage(&self, reason: impl std::fmt::Display) -> Failure {
        Failure::new(
            "errors.socket_garbage",
            &[("socket", &self.socket.display()), ("reason", &reason)],
        )
    }

    fn unexpected(&self, reply: &Reply) -> Failure {
        let mut name = format!("{reply:?}");
        name.truncate(name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len()));
        self.garbage(format!("an answer to something else: {name}"))
    }

    /// How the node is.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn status(&mut self) -> Result<Box<StatusReport>, Failure> {
        match self.call(Request::Status)? {
            Reply::Status(status) => Ok(status),
            other => Err(self.unexpected(&other)),
        }
    }

    /// The appointments of a key that have effect.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn appointments(&mut self, key: String) -> Result<Vec<AppointmentReport>, Failure> {
        match self.call(Request::Appointments { key })? {
            Reply::Appointments(appointments) => Ok(appointments),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Positions: of an appointment, of a key, or all tips.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn positions(&mut self, request: Request) -> Result<Vec<PositionReport>, Failure> {
        match self.call(request)? {
            Reply::Positions(positions) => Ok(positions),
            other => Err(self.unexpected(&other)),
        }
    }

    /// All records of a kind.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn records(&mut self, kind: &str) -> Result<Vec<RecordReport>, Failure> {
        let mut all = Vec::new();
        self.each_record(kind, |record| {
            all.push(record);
            Ok(())
        })?;
        Ok(all)
    }

    /// All records of a kind one after the other, read page by page.
    ///
    /// # Errors
    /// As for [`Client::call`], and those of `take`, which end the reading.
    pub fn each_record(
        &mut self,
        kind: &str,
        mut take: impl FnMut(RecordReport) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let request = Request::Records {
                kind: kind.to_owned(),
                after: after.clone(),
            };
            match self.call(request)? {
                Reply::Records { records, more } => {
                    let last = records.last().map(|record| record.id.clone());
                    records.into_iter().try_for_each(&mut take)?;
                    if !more || last.is_none() {
                        return Ok(());
                    }
                    after = last;
                }
                other => return Err(self.unexpected(&other)),
            }
        }
    }

    /// One record by its id or the first digits of it.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn record(&mut self, id: &str) -> Result<RecordReport, Failure> {
        match self.call(Request::Record { id: id.to_owned() })? {
            Reply::Record(record) => Ok(*record),
            other => Err(self.unexpected(&other)),
        }
    }

    /// A record's history.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn log(&mut self, request: Request) -> Result<LogReport, Failure> {
        match self.call(request)? {
            Reply::Log(report) => Ok(*report),
            other => Err(self.unexpected(&other)),
        }
    }

    /// The handovers whose minutes correct those of this one.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn corrections(&mut self, handover: String) -> Result<Vec<RecordReport>, Failure> {
        self.all_of_these(Request::Corrections { id: handover })
    }

    /// The inventories whose books list an asset.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn inventories(&mut self, asset: String) -> Result<Vec<RecordReport>, Failure> {
        self.all_of_these(Request::Inventories { id: asset })
    }

    fn all_of_these(&mut self, request: Request) -> Result<Vec<RecordReport>, Failure> {
        match self.call(request)? {
            Reply::Records { records, .. } => Ok(records),
            other => Err(self.unexpected(&other)),
        }
    }

    /// What would become of an unsigned commit.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn check(&mut self, commit: &[u8]) -> Result<Vec<Objection>, Failure> {
        match self.call(Request::Check {
            commit: BASE64.encode(commit),
        })? {
            Reply::Checked(objections) => Ok(objections),
            other => Err(self.unexpected(&other)),
        }
    }

    /// Stores signed commits, in as many requests as their size needs. What was stored is handed to `stored` page by
    /// page, so that a later failure does not hide it.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn submit(
        &mut self,
        commits: &[Vec<u8>],
        mut stored: impl FnMut(Vec<StoredReport>),
    ) -> Result<(), Failure> {
        for page in pages(commits) {
            match self.call(Request::Submit { commits: page })? {
                Reply::Stored(reports) => stored(reports),
                other => return Err(self.unexpected(&other)),
            }
        }
        Ok(())
    }

    /// Stores signed statements.
    ///
    /// # Errors
    /// As for [`Client::call`].
    pub fn submit_statements(&mut self, statements: &[Vec<u8>]) -> Result<Vec<StoredReport>, Failure> {
        let mut all = Vec::new();
        for page in pages(statements) {
            match self.call(Request::SubmitStatements { statements: page })? {
                Reply::Stored(reports) => all.extend(reports),
                other => return Err(self.unexpected(&other)),
            }
        }
        Ok(all)
    }

    /// A reply of another shape than the request asks for, as an error.
    pub fn other_reply(&self, reply: &Reply) -> Failure {
        self.unexpected(reply)
    }
}

/// The daemon went away instead of answering.
fn gone(socket: &Path, stores: bool) -> Failure {
    if stores {
        let reason = "the connection was closed";
        Failure::new(
            "errors.outcome_unknown",
            &[("socket", &socket.display()), ("reason", &reason)],
        )
    } else {
        Failure::new("errors.node_not_running", &[("socket", &socket.display())])
    }
}

/// Groups of base64 texts that each fit into one line.
fn pages(items: &[Vec<u8>]) -> Vec<Vec<String>> {
    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for item in items {
        let encoded = BASE64.encode(item);
        let size = encoded.len() + 3;
        if pages.is_empty() || size > room {
            pages.push(Vec::new());
            room = PAGE_BYTES_MAX;
        }
        room = room.saturating_sub(size);
        if let Some(page) = pages.last_mut() {
            page.push(encoded);
        }
    }
    pages
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use soxa_ledger::SecretKey;

    use super::*;

    fn home(folder: &tempfile::TempDir) -> Home {
        let home = Home::locate(Some(folder.path()));
        home.create(b"{}", "", &SecretKey::from_seed(&[1; 32])).unwrap();
        home
    }

    /// A daemon that answers every connection with these bytes.
    #[track_caller]
    fn check(answer: &'static [u8], error: &str) {
        let folder = tempfile::tempdir().unwrap();
        let home = home(&folder);
        let listener = UnixListener::bind(home.socket()).unwrap();
        let daemon = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            reader.read_until(b'\n', &mut Vec::new()).unwrap();
            reader.get_mut().write_all(answer).unwrap();
        });
        let answered = Client::connect(&home).unwrap().records("unit");
        daemon.join().unwrap();
        assert_eq!(answered.unwrap_err().error(), error);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        check(b"HTTP/1.1 400 Bad Request\r\n", "errors.socket_garbage");
        check(b"\"shutting_down\"\n", "errors.socket_garbage");
        check(b"{\"network\":{}", "errors.socket_garbage");
        check(
            b"{\"refused\":{\"disk_full\":{\"file\":\"x\"}}}\n",
            "errors.disk_full",
        );
        check(
            b"{\"refused\":{\"unfinished\":{\"why\":\"x\"}}}\n",
            "errors.outcome_unknown",
        );
        check(
            b"{\"refused\":{\"not_found\":{\"what\":\"ab\"}}}\n",
            "errors.unknown_record",
        );
    }

    #[test]
    fn a_daemon_that_goes_away_leaves_the_outcome_of_what_stores_open() {
        check(b"", "errors.node_not_running");
        let folder = tempfile::tempdir().unwrap();
        let home = home(&folder);
        let listener = UnixListener::bind(home.socket()).unwrap();
        let mut client = Client::connect(&home).unwrap();
        let daemon = std::thread::spawn(move || drop(listener.accept().unwrap()));
        let answered = client.submit(&[vec![1]], |_| {});
        daemon.join().unwrap();
        assert_eq!(answered.unwrap_err().error(), "errors.outcome_unknown");
    }

    #[test]
    fn no_daemon_and_no_home_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = Home::locate(Some(&folder.path().join("none")));
        assert_eq!(
            Client::connect(&nowhere).err().unwrap().error(),
            "errors.not_initialised"
        );
        assert_eq!(
            Client::connect(&home(&folder)).err().unwrap().error(),
            "errors.node_not_running"
        );
    }

    #[test]
    fn pages_fit_into_a_line() {
        let items = vec![vec![0; 1 << 20]; 7];
        let pages = pages(&items);
        assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), 7);
        assert!(
            pages
                .iter()
                .all(|page| page.iter().map(|i| i.len() + 3).sum::<usize>() <= PAGE_BYTES_MAX)
        );
        assert!(pages.len() > 1);
    }
}
