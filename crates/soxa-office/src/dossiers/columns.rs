//! What a register of dossiers may hold, and the words that stand in it.

use soxa_records::dossier::{Channel, DossierStatus};

use crate::columns::{Column, Form, column, required};
use crate::take::Words;

pub(super) const STATUSES: Words<DossierStatus> = Words {
    all: DossierStatus::ALL,
    as_str: DossierStatus::as_str,
    section: "records.dossier_status",
};
/// Other words for them, and the numbers of the national one-stop software.
pub(super) const OTHER_STATUSES: &[(&str, DossierStatus)] = &[
    ("2", DossierStatus::Received),
    ("da tiep nhan", DossierStatus::Received),
    ("moi tiep nhan", DossierStatus::Received),
    ("3", DossierStatus::Refused),
    ("tu choi", DossierStatus::Refused),
    ("tu choi tiep nhan", DossierStatus::Refused),
    ("4", DossierStatus::Processing),
    ("dang giai quyet", DossierStatus::Processing),
    ("5", DossierStatus::AwaitingPapers),
    ("cho bo sung", DossierStatus::AwaitingPapers),
    ("yeu cau bo sung", DossierStatus::AwaitingPapers),
    ("bo sung ho so", DossierStatus::AwaitingPapers),
    ("6", DossierStatus::AwaitingPayment),
    ("cho nop phi", DossierStatus::AwaitingPayment),
    ("cho thue", DossierStatus::AwaitingPayment),
    ("7", DossierStatus::Withdrawn),
    ("da rut", DossierStatus::Withdrawn),
    ("rut ho so", DossierStatus::Withdrawn),
    ("8", DossierStatus::Stopped),
    ("dung giai quyet", DossierStatus::Stopped),
    ("9", DossierStatus::Decided),
    ("da giai quyet", DossierStatus::Decided),
    ("da co ket qua", DossierStatus::Decided),
    ("cho tra ket qua", DossierStatus::Decided),
    ("10", DossierStatus::Returned),
    ("da tra", DossierStatus::Returned),
    ("da tra kq", DossierStatus::Returned),
];
pub(super) const CHANNELS: Words<Channel> = Words {
    all: Channel::ALL,
    as_str: Channel::as_str,
    section: "records.channel",
};
pub(super) const OTHER_CHANNELS: &[(&str, Channel)] = &[
    ("tai quay", Channel::Counter),
    ("nop truc tiep", Channel::Counter),
    ("online", Channel::Online),
    ("nop truc tuyen", Channel::Online),
    ("qua mang", Channel::Online),
    ("buu dien", Channel::Post),
    ("bcci", Channel::Post),
    ("buu chinh cong ich", Channel::Post),
];

/// The columns of a register of dossiers.
pub const COLUMNS: &[Column] = &[
    required(column(
        "code",
        "cli.label.dossier_code",
        Form::Text,
        &[
            "ma so ho so",
            "so ho so",
            "ma bien nhan",
            "so bien nhan",
            "so giay tiep nhan",
            "ma",
        ],
    )),
    column(
        "procedure_code",
        "cli.label.procedure_code",
        Form::Text,
        &["ma tthc", "ma thu tuc hanh chinh"],
    ),
    column(
        "procedure",
        "cli.label.procedure",
        Form::Text,
        &[
            "thu tuc hanh chinh",
            "ten thu tuc",
            "ten thu tuc hanh chinh",
            "tthc",
            "ten tthc",
            "loai ho so",
            "loai thu tuc",
            "noi dung giai quyet",
        ],
    ),
    sealed(
        "applicant",
        "cli.label.applicant",
        &[
            "ho ten",
            "ho va ten",
            "nguoi nop ho so",
            "ho ten nguoi nop",
            "ho va ten nguoi nop",
            "ho va ten nguoi nop ho so",
            "ten to chuc ca nhan",
            "to chuc ca nhan",
            "ca nhan to chuc",
            "nguoi yeu cau",
            "chu ho so",
        ],
    ),
    sealed(
        "id_number",
        "cli.label.id_number",
        &[
            "cccd",
            "so cccd",
            "cmnd",
            "so cmnd",
            "cmnd cccd",
            "so cmnd cccd",
            "so can cuoc",
            "so dinh danh",
            "ma so thue",
        ],
    ),
    sealed(
        "phone",
        "cli.label.phone",
        &["dien thoai", "sdt", "dt", "so dt", "di dong"],
    ),
    sealed(
        "address",
        "cli.label.address",
        &[
            "noi o",
            "noi cu tru",
            "cho o hien nay",
            "noi thuong tru",
            "dia chi thuong tru",
            "dia chi nguoi nop",
        ],
    ),
    column(
        "receiving",
        "cli.label.receiving",
        Form::Text,
        &["don vi tiep nhan", "co quan tiep nhan", "bo phan tiep nhan"],
    ),
    column(
        "competent",
        "cli.label.competent",
        Form::Text,
        &["don vi giai quyet", "co quan thuc hien", "don vi xu ly"],
    ),
    column(
        "residence",
        "cli.label.residence_unit",
        Form::Text,
        &["xa phuong noi o", "xa phuong"],
    ),
    column(
        "province",
        "cli.label.applicants_province",
        Form::Text,
        &["tinh", "tinh thanh pho", "tinh noi cu tru"],
    ),
    column(
        "channel",
        "cli.label.channel",
        Form::Text,
        &[
            "hinh thuc tiep nhan",
            "phuong thuc",
            "phuong thuc nop",
            "kenh tiep nhan",
        ],
    ),
    required(column(
        "received",
        "cli.label.received",
        Form::Day,
        &[
            "ngay nhan",
            "ngay tiep nhan",
            "thoi gian nhan",
            "thoi gian tiep nhan",
            "ngay nhan ho so",
            "ngay tiep nhan ho so",
            "ngay nop",
        ],
    )),
    column(
        "due",
        "cli.label.due",
        Form::Day,
        &[
            "ngay hen",
            "ngay hen tra",
            "ngay hen tra ket qua",
            "thoi gian hen tra",
            "han giai quyet",
            "han tra",
            "han xu ly",
        ],
    ),
    column(
        "ended",
        "cli.label.ended",
        Form::Day,
        &[
            "ngay co ket qua",
            "ngay giai quyet",
            "ngay giai quyet xong",
            "ngay hoan thanh",
            "ngay ket thuc",
            "ngay xu ly xong",
        ],
    ),
    column(
        "returned",
        "cli.label.returned",
        Form::Day,
        &["ngay tra", "tra ket qua", "thoi gian tra", "ngay tra thuc te"],
    ),
    column(
        "status",
        "cli.label.status",
        Form::Text,
        &["tinh trang", "trang thai ho so", "tinh trang ho so"],
    ),
    column(
        "decision_number",
        "cli.label.decision_number",
        Form::Text,
        &["so van ban", "so quyet dinh", "so hieu ket qua"],
    ),
    column(
        "decision_day",
        "cli.label.decision_day",
        Form::Day,
        &["ngay van ban", "ngay quyet dinh", "ngay ky"],
    ),
    column(
        "result",
        "cli.label.result",
        Form::Text,
        &["ket qua", "ket qua giai quyet"],
    ),
    column(
        "fee",
        "cli.label.fee",
        Form::Money,
        &["le phi", "phi", "phi phai nop", "so tien"],
    ),
    column(
        "paid",
        "cli.label.paid",
        Form::Money,
        &["da thu", "so tien da nop", "phi da nop"],
    ),
    column(
        "assisted_by",
        "cli.label.assisted_by",
        Form::Text,
        &["nguoi khai thay", "nguoi ho tro"],
    ),
    column("remark", "cli.label.remark", Form::Text, &["ghi chu", "note"]),
];
/// Columns of lists that follow from the others.
pub(super) const FOLLOWING: [Column; 2] = [
    column("punctuality", "cli.label.punctuality", Form::Text, &[]),
    column("papers", "cli.label.papers", Form::Count, &[]),
];

const fn sealed(name: &'static str, label: &'static str, synonyms: &'static [&'static str]) -> Column {
    column(name, label, Form::Sealed, synonyms)
}
