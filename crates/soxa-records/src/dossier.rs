//! Dossiers of administrative procedures, from their receipt to the return of the result.
//!
//! A dossier is read by its readers alone: the nodes of the province, and of the communes or departments of the offices
//! that deal with it. Whoever may act is of such an office, of a desk below it, or of a unit above it. What is known of the
//! applicant stands in a sealed file outside the ledger; the record holds its hash.
//!
//! The status is a field: of two officials who took the dossier on in different directions without knowing of each other
//! both are shown, and the next act that knows of both, legal from one of them, settles it. Everything done is a row of
//! the list `acts`, in causal order: [`crate::dossier::view`] reads the control slip, the clock and the payments from it.

pub mod applicant;
pub mod code;
pub mod retention;
pub mod rules;
pub mod view;

use soxa_ledger::cbor::CborError;
use soxa_ledger::ids::RecordId;
use soxa_ledger::operation::OpRef;
use soxa_ledger::{Scope, Time};

use crate::body::{
    Code, Day, Dong, Id, Line, List, Moment, Name, Op, Opt, Part, Path, Reason, Small, Text, Word, body,
    words,
};
use crate::dossier::rules::Acting;
use crate::legality::{Scene, Stop};
use crate::limits::{COMPONENTS_MAX, UNITS_ABOVE_MAX};
use crate::measure::Date;
use crate::typed::operations;
use crate::value::{Change, word_values};

words! {
    /// Where a dossier is in its life; the numbers are those of the national one-stop software.
    DossierStatus, "dossier status" {
        /// 1, mới đăng ký.
        Submitted = "submitted",
        /// 2, được tiếp nhận.
        Received = "received",
        /// 3, không được tiếp nhận.
        Refused = "refused",
        /// 4, đang xử lý.
        Processing = "processing",
        /// 5, yêu cầu bổ sung giấy tờ.
        AwaitingPapers = "awaiting_papers",
        /// 6, yêu cầu thực hiện nghĩa vụ tài chính.
        AwaitingPayment = "awaiting_payment",
        /// 7, công dân yêu cầu rút hồ sơ.
        Withdrawn = "withdrawn",
        /// 8, dừng xử lý.
        Stopped = "stopped",
        /// 9, đã xử lý xong.
        Decided = "decided",
        /// 10, đã trả kết quả.
        Returned = "returned",
    }
}

words! {
    /// How something reaches an office or leaves it.
    Channel, "channel" {
        /// Trực tiếp.
        Counter = "counter",
        /// Trực tuyến.
        Online = "online",
        /// Bưu chính.
        Post = "post",
    }
}

words! {
    /// In which form a paper was handed in.
    PaperForm, "form of a paper" {
        /// Bản chính.
        Original = "original",
        /// Bản sao.
        Copy = "copy",
        /// Bản điện tử.
        Electronic = "electronic",
    }
}

words! {
    /// What an applicant is asked for; the clock stands meanwhile.
    Asked, "what is asked for" {
        /// Papers that are missing.
        Papers = "papers",
        /// A payment to the State.
        Payment = "payment",
    }
}

words! {
    /// What was decided.
    Outcome, "outcome" {
        /// What was applied for is granted.
        Granted = "granted",
        /// It is not.
        Denied = "denied",
    }
}

words! {
    /// Why a sealed file is erased.
    ErasureGround, "ground of an erasure" {
        /// Hết thời hạn bảo quản.
        RetentionOver = "retention_over",
        /// Yêu cầu hợp pháp của chủ thể dữ liệu.
        Request = "request",
    }
}
word_values!(DossierStatus, Channel, PaperForm, Asked, Outcome, ErasureGround);

operations! {
    /// What is done to dossiers.
    DossierOperation of "dossier" {
        /// Creates the record.
        Register(DossierRegister) = "register",
        /// The office takes it in and gives it a code.
        Receive(DossierReceive) = "receive",
        /// What a register that was kept before says of it, in one act.
        Transcribe(DossierTranscribe) = "transcribe",
        /// Another code, because the one it has is another dossier's as well, or wrong.
        Recode(DossierRecode) = "recode",
        /// The office does not take it in (form 03).
        Refuse(Remark) = "refuse",
        /// Work on it begins.
        Process(Remark) = "process",
        /// The applicant is asked for something (form 02); the clock stands.
        Ask(DossierAsk) = "ask",
        /// What was asked for has come; the clock runs again.
        Resume(Remark) = "resume",
        /// A later due time (form 04).
        Extend(DossierExtend) = "extend",
        /// Work on it is stopped (form 05).
        Stop(Remark) = "stop",
        /// The applicant takes it back.
        Withdraw(Remark) = "withdraw",
        /// Given on to another desk: one hop of the control slip (form 06).
        Pass(DossierPass) = "pass",
        /// Taken over by that desk.
        Take(DossierTake) = "take",
        /// A paper that was added, digitised, or is held elsewhere.
        Paper(DossierPaper) = "paper",
        /// A payment.
        Pay(DossierPay) = "pay",
        /// A draft of the decision waits for its signature.
        Propose(DossierPropose) = "propose",
        /// The result goes to the applicant.
        Return(DossierReturn) = "return",
        /// Another system was told, and what it answered.
        Report(DossierReport) = "report",
        /// Another office deals with it from now on, and its nodes read it.
        Forward(DossierForward) = "forward",
    }
}

operations! {
    /// What only those with the right to decide do to dossiers. The role of a `dossier.*` does not give it.
    DecisionOperation of "decision" {
        /// The decision, signed.
        Sign(DecisionSign) = "sign",
        /// Its number and day, given by the registry.
        Issue(DecisionIssue) = "issue",
        /// The order to erase one of its sealed files, at every node.
        Erase(DecisionErase) = "erase",
    }
}

body! {
    /// A unit with the units above it: `[unit, [unit above…]]`.
    Office = "office" {
        /// The unit.
        unit: RecordId => Id,
        /// The units above it, the province first.
        above: Vec<RecordId> => Path<UNITS_ABOVE_MAX>,
    }
}

body! {
    /// A paper of a dossier: `[name, form, copies, who holds the original]`.
    Component = "component" {
        /// What it is.
        name: String => Name,
        /// In which form it was handed in.
        form: PaperForm => Word,
        /// How many.
        copies: u32 => Small,
        /// Who holds the original, when it is not with the dossier; empty when it is.
        original_held_by: String => Text,
    }
}

body! {
    /// Body of `dossier.register`: `[procedure code, receiving office, competent office, residence unit or null, province, channel,
    /// submitted, [component…], fee or null, applicant or null, assisted by]`.
    DossierRegister = "dossier.register" {
        /// The procedure's code; the version is cited.
        procedure: String => Code,
        /// The office that takes it in.
        receiving: Office => Part,
        /// The office that decides.
        competent: Office => Part,
        /// Where the applicant lives, when that is a unit of the province.
        residence: Option<RecordId> => Opt<Id>,
        /// The province where the applicant lives, when that is another one; empty otherwise.
        province: String => Text,
        /// How it came.
        channel: Channel => Word,
        /// When it was handed in.
        submitted: Time => Moment,
        /// The papers in it.
        components: Vec<Component> => List<Part, COMPONENTS_MAX>,
        /// The fee that is due, in đồng.
        fee: Option<i64> => Opt<Dong>,
        /// SHA-256 of the sealed file about the applicant.
        applicant: Option<[u8; 32]> => Opt<Id>,
        /// Who filled it in for the applicant; empty when nobody did.
        assisted_by: String => Text,
    }
}

body! {
    /// Body of `dossier.receive`: `[code, received, due or null]`.
    DossierReceive = "dossier.receive" checked by check_due {
        /// The dossier's code.
        code: String => Code,
        /// When it was taken in: the clock begins.
        received: Time => Moment,
        /// When the result is due.
        due: Option<Time> => Opt<Moment>,
    }
}

body! {
    /// Body of `dossier.transcribe`: `[code, office, received, due or null, status, since or null, returned or null, result,
    /// decision's number or null, its day or null, paid or null, remark]`. Who signs says that the register says so, not that they did it.
    DossierTranscribe = "dossier.transcribe" checked by check_transcribed {
        /// The dossier's code in the register.
        code: String => Code,
        /// How the register names the office that took it in, when that has closed since; else empty.
        office: String => Text,
        /// When it was taken in.
        received: Time => Moment,
        /// When the result is due, as the applicant was told.
        due: Option<Time> => Opt<Moment>,
        /// Where it is.
        status: DossierStatus => Word,
        /// Since when, or when it was decided; always known of what has ended, at the latest by the return.
        since: Option<Time> => Opt<Moment>,
        /// When the result was returned.
        returned: Option<Time> => Opt<Moment>,
        /// What came of it; empty when the register says nothing.
        result: String => Text,
        /// The decision's number.
        number: Option<String> => Opt<Code>,
        /// Its day.
        day: Option<Date> => Opt<Day>,
        /// What was paid, in đồng.
        paid: Option<i64> => Opt<Dong>,
        /// What else the register says.
        note: String => Text,
    }
}

body! {
    /// Body of `dossier.recode`: `[at, code, reason]`.
    DossierRecode = "dossier.recode" {
        /// When.
        at: Time => Moment,
        /// The dossier's code from now on.
        code: String => Code,
        /// Why.
        reason: String => Reason,
    }
}

body! {
    /// Body of `dossier.refuse`, `dossier.process`, `dossier.resume`, `dossier.stop`, `dossier.withdraw`: `[at, note]`.
    Remark = "remark" {
        /// When.
        at: Time => Moment,
        /// Why, or what was found.
        note: String => Text,
    }
}

body! {
    /// Body of `dossier.ask`: `[what, at, reason]`.
    DossierAsk = "dossier.ask" {
        /// What is asked for.
        what: Asked => Word,
        /// Since when the clock stands.
        at: Time => Moment,
        /// What is missing.
        reason: String => Reason,
    }
}

body! {
    /// Body of `dossier.extend`: `[at, due, reason]`.
    DossierExtend = "dossier.extend" {
        /// When it was extended.
        at: Time => Moment,
        /// The new due time.
        due: Time => Moment,
        /// Why.
        reason: String => Reason,
    }
}

body! {
    /// Body of `dossier.pass`: `[at, to, note]`.
    DossierPass = "dossier.pass" {
        /// When.
        at: Time => Moment,
        /// To which desk or official.
        to: String => Name,
        /// What is to be done there.
        note: String => Text,
    }
}

body! {
    /// Body of `dossier.take`: `[pass, at, note]`.
    DossierTake = "dossier.take" {
        /// The operation by which it was given on.
        pass: OpRef => Op,
        /// When.
        at: Time => Moment,
        /// A remark.
        note: String => Text,
    }
}

body! {
    /// Body of `dossier.paper`: `[number or null, component, scan or null, at]`.
    DossierPaper = "dossier.paper" {
        /// Which of the papers, from 1; none for one that is added.
        number: Option<u32> => Opt<Line>,
        /// What it is from now on.
        component: Component => Part,
        /// SHA-256 of its scan.
        scan: Option<[u8; 32]> => Opt<Id>,
        /// When.
        at: Time => Moment,
    }
}

body! {
    /// Body of `dossier.pay`: `[at, amount, channel, receipt]`.
    DossierPay = "dossier.pay" {
        /// When.
        at: Time => Moment,
        /// How much, in đồng.
        amount: i64 => Dong,
        /// How.
        channel: Channel => Word,
        /// The receipt's number.
        receipt: String => Text,
    }
}

body! {
    /// Body of `dossier.propose`: `[at, title, document or null]`.
    DossierPropose = "dossier.propose" {
        /// When.
        at: Time => Moment,
        /// What is to be signed.
        title: String => Name,
        /// SHA-256 of the draft.
        document: Option<[u8; 32]> => Opt<Id>,
    }
}

body! {
    /// Body of `dossier.return`: `[at, channel, note]`.
    DossierReturn = "dossier.return" {
        /// When.
        at: Time => Moment,
        /// How.
        channel: Channel => Word,
        /// A remark.
        note: String => Text,
    }
}

body! {
    /// Body of `dossier.report`: `[at, target, answer]`.
    DossierReport = "dossier.report" {
        /// When.
        at: Time => Moment,
        /// Which system.
        target: String => Name,
        /// Its acknowledgement; empty while there is none.
        answer: String => Text,
    }
}

body! {
    /// Body of `dossier.forward`: `[at, office, reason]`.
    DossierForward = "dossier.forward" {
        /// When.
        at: Time => Moment,
        /// The office that deals with it from now on.
        office: Office => Part,
        /// Why.
        reason: String => Reason,
    }
}

body! {
    /// Body of `decision.sign`: `[at, outcome, title, document or null]`.
    DecisionSign = "decision.sign" {
        /// When.
        at: Time => Moment,
        /// What was decided.
        outcome: Outcome => Word,
        /// The document's title.
        title: String => Name,
        /// SHA-256 of the document.
        document: Option<[u8; 32]> => Opt<Id>,
    }
}

body! {
    /// Body of `decision.issue`: `[number, day]`.
    DecisionIssue = "decision.issue" {
        /// The number in the registry.
        number: String => Code,
        /// The day.
        day: Date => Day,
    }
}

body! {
    /// Body of `decision.erase`: `[at, file, ground, basis]`.
    DecisionErase = "decision.erase" {
        /// When.
        at: Time => Moment,
        /// SHA-256 of the sealed file.
        file: [u8; 32] => Id,
        /// On what ground.
        ground: ErasureGround => Word,
        /// The rule or the request that it rests on.
        basis: String => Reason,
    }
}

fn check_due(receive: &DossierReceive) -> Result<(), CborError> {
    if receive.due.is_none_or(|due| receive.received <= due) {
        return Ok(());
    }
    Err(CborError::Value {
        field: "due",
        what: "before the dossier was received",
    })
}

fn check_transcribed(said: &DossierTranscribe) -> Result<(), CborError> {
    let wrong = |field, what| Err(CborError::Value { field, what });
    if said.status == DossierStatus::Submitted {
        return wrong("status", "a dossier of a register was taken in");
    }
    if (said.status == DossierStatus::Returned) != said.returned.is_some() {
        return wrong("returned", "a day for a returned dossier, and for no other");
    }
    if said.status.has_result() && said.since.is_none() {
        return wrong("since", "no day for what has ended");
    }
    let mut before = said.received;
    for later in [said.since, said.returned].into_iter().flatten() {
        if later < before {
            return wrong(
                "since",
                "before the dossier was received, or returned before it was decided",
            );
        }
        before = later;
    }
    match said.due {
        Some(due) if due < said.received => wrong("due", "before the dossier was received"),
        _ => Ok(()),
    }
}

impl Office {
    /// The units above it and itself.
    #[must_use]
    pub fn path(&self) -> Vec<RecordId> {
        let mut path = self.above.clone();
        path.push(self.unit);
        path
    }

    /// The units whose nodes read what the office deals with: the province, and the commune or department that the
    /// office is or belongs to.
    #[must_use]
    pub fn readers(&self) -> Vec<RecordId> {
        let mut readers = self.path();
        readers.truncate(2);
        readers
    }
}

impl DossierRegister {
    /// The units that the registration cites, each once: receiving, competent, residence.
    #[must_use]
    pub fn units(&self) -> Vec<RecordId> {
        let mut units = vec![self.receiving.unit];
        let others = [Some(self.competent.unit), self.residence];
        for unit in others.into_iter().flatten() {
            if !units.contains(&unit) {
                units.push(unit);
            }
        }
        units
    }

    /// The scope of its commit: the readers of both offices. None when they are more than a scope holds.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        Scope::of(
            self.receiving
                .readers()
                .into_iter()
                .chain(self.competent.readers()),
        )
    }
}

impl DossierOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        if let Self::Register(register) = self {
            return rules::judge_registration(register, scene);
        }
        rules::judge_act(self, &Acting::of(scene)?)
    }
}

impl DecisionOperation {
    pub(crate) fn judge(&self, scene: &Scene<'_>) -> Result<Vec<Change>, Stop> {
        rules::judge_decision(self, &Acting::of(scene)?)
    }
}
