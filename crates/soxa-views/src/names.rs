//! Words of reports: the same in JSON, in CSV and in the keys of their sentences.

use soxa_records::enumeration;

enumeration! {
    /// The reports.
    ReportKind {
        /// People, posts, quotas.
        Staffing = "staffing",
        /// Assets with their values.
        Assets = "assets",
        /// Handovers and what they wait for.
        Handovers = "handovers",
        /// Dossiers and how they keep their time.
        Dossiers = "dossiers",
        /// Units, their heads, regulations and names.
        Units = "units",
        /// Officials and their keys.
        Keys = "keys",
        /// Inventories and what they found.
        Inventories = "inventories",
        /// The data themselves: right, sufficient, clean.
        Quality = "quality",
        /// Nodes that were heard and not, and conflicts.
        Sync = "sync",
    }
}

enumeration! {
    /// What a figure says.
    Name {
        /// People who are there.
        Present = "present",
        /// How many people the quotas allow.
        Quota = "quota",
        /// People of the classes that a quota is set for.
        UnderQuota = "under_quota",
        /// Quota less people.
        NetShort = "net_short",
        /// What each unit lacks, summed over units.
        GrossShort = "gross_short",
        /// What each unit has beyond its quota, summed over units.
        Surplus = "surplus",
        /// People for each unit.
        MeanPerUnit = "mean_per_unit",
        /// What a unit that has ended still has.
        InClosedUnits = "in_closed_units",
        /// What two units have after two handovers of one.
        DisputedCustody = "disputed_custody",
        /// Posts.
        Posts = "posts",
        /// Posts that nobody holds.
        VacantPosts = "vacant_posts",
        /// Posts of heads that nobody holds.
        VacantHeads = "vacant_heads",
        /// Posts of heads whose holder is in charge for the time being.
        HeadsInCharge = "heads_in_charge",
        /// Units in which a staffing rule is broken.
        OutOfBounds = "out_of_bounds",
        /// People with several regular posts, and posts with several regular holders.
        DoublePostings = "double_postings",
        /// People who hold a post beside another.
        ConcurrentPosts = "concurrent_posts",
        /// People whose way to work is long.
        LongCommutes = "long_commutes",
        /// Secondments.
        Secondments = "secondments",
        /// Secondments that run.
        Seconded = "seconded",
        /// Secondments that the host has not taken yet.
        ToAccept = "to_accept",
        /// Secondments that end soon.
        EndingSoon = "ending_soon",
        /// Secondments over and not rated.
        OverdueRating = "overdue_rating",
        /// People of a programme who are counted in a register kept apart.
        CountedApart = "counted_apart",
        /// Secondments, and people who are counted apart.
        WithCountedApart = "with_counted_apart",
        /// Departures.
        Departures = "departures",
        /// Departures paid in full.
        Paid = "paid",
        /// Departures paid in part.
        PartlyPaid = "partly_paid",
        /// Departures not paid in full.
        Unpaid = "unpaid",
        /// Departures for which nothing is to be paid.
        NothingToPay = "nothing_to_pay",
        /// What is to be paid, in đồng.
        AmountDue = "amount_due",
        /// What has been paid, in đồng.
        AmountPaid = "amount_paid",
        /// What has been paid for each that is paid in full, in đồng.
        MeanPaid = "mean_paid",
        /// Units.
        Units = "units",
        /// Units registered and not at work yet.
        Planned = "planned",
        /// Units at work.
        Open = "open",
        /// Units that have ended.
        Closed = "closed",
        /// Units without a head.
        WithoutHead = "without_head",
        /// Units without a roster.
        WithoutRoster = "without_roster",
        /// Units without a regulation of their functions.
        WithoutRegulation = "without_regulation",
        /// Units that took over.
        Successors = "successors",
        /// Records that call a unit otherwise than it is called now.
        OldNames = "old_names",
        /// Names that people wrote and that units had in former times.
        NamesOfOld = "names_of_old",
        /// Names that people wrote and that no unit has or had.
        NamesUnmatched = "names_unmatched",
        /// Assets.
        Assets = "assets",
        /// What they cost, in đồng.
        Cost = "cost",
        /// What has been written off of them, in đồng.
        Accumulated = "accumulated",
        /// What they are still worth, in đồng.
        Residual = "residual",
        /// Assets whose residual value is not known.
        ResidualUnknown = "residual_unknown",
        /// What of the cost is gone by the published categories.
        Worn = "worn",
        /// What of the cost that leaves.
        LeftAfterWear = "left_after_wear",
        /// Assets whose wear cannot be counted.
        WearUnknown = "wear_unknown",
        /// Assets whose wear is not counted to the end, since their category holds no longer.
        WearUnruled = "wear_unruled",
        /// Assets that nobody uses.
        Idle = "idle",
        /// Land and buildings that are left over.
        SurplusSites = "surplus_sites",
        /// Assets that are in the books no more.
        OffBooks = "off_books",
        /// Assets without a legal paper.
        WithoutPapers = "without_papers",
        /// Records of whose values officials disagree.
        DisputedValues = "disputed_values",
        /// Handovers.
        Handovers = "handovers",
        /// Drafts.
        Drafts = "drafts",
        /// Handovers under way.
        Waiting = "waiting",
        /// Days since the last signature of what has waited longest.
        LongestWait = "longest_wait",
        /// Handovers in effect.
        Effective = "effective",
        /// Handovers sent back.
        SentBack = "sent_back",
        /// Handovers taken back.
        TakenBack = "taken_back",
        /// Offers whose time is over.
        Expired = "expired",
        /// Handovers of things as they are.
        AsIs = "as_is",
        /// Minutes that correct earlier ones.
        Corrections = "corrections",
        /// Lines of papers that go with things.
        LinesOfPapers = "lines_of_papers",
        /// Lines with a remark.
        LinesWithRemarks = "lines_with_remarks",
        /// Lines of which the receiver found more or less, or another condition.
        LinesCountedOtherwise = "lines_counted_otherwise",
        /// Lines that the giver signed.
        LinesGiven = "lines_given",
        /// Lines that the receiver signed.
        LinesReceived = "lines_received",
        /// Lines that the receiver refused.
        LinesRefused = "lines_refused",
        /// The cost of what was given, in đồng.
        CostGiven = "cost_given",
        /// The cost of what was received, in đồng.
        CostReceived = "cost_received",
        /// The cost of what was refused, in đồng.
        CostRefused = "cost_refused",
        /// Handovers of which what was received and refused is not what was given.
        TotalsDiffer = "totals_differ",
        /// Dossiers.
        Received = "received",
        /// Dossiers decided.
        Resolved = "resolved",
        /// Dossiers decided on a day before the due one.
        Early = "early",
        /// Dossiers decided on the due day.
        OnDueDay = "on_due_day",
        /// Dossiers decided in time.
        OnTime = "on_time",
        /// Dossiers decided, and not before the due day.
        NotEarly = "not_early",
        /// Dossiers decided too late.
        Late = "late",
        /// Dossiers neither decided nor ended otherwise.
        Pending = "pending",
        /// Dossiers past their due time and not decided.
        Overdue = "overdue",
        /// Dossiers not taken in.
        Refused = "refused",
        /// Dossiers that applicants took back.
        Withdrawn = "withdrawn",
        /// Dossiers stopped.
        Stopped = "stopped",
        /// Dossiers whose result was returned.
        Returned = "returned",
        /// Dossiers that came online.
        Online = "online",
        /// Dossiers whose fee was paid online.
        PaidOnline = "paid_online",
        /// What was paid online, in đồng.
        AmountPaidOnline = "amount_paid_online",
        /// Papers that were digitised.
        DigitisedPapers = "digitised_papers",
        /// Dossiers all papers of which were digitised.
        DigitisedDossiers = "digitised_dossiers",
        /// Dossiers that another system has acknowledged.
        Synced = "synced",
        /// Dossiers taken in by a unit that does not decide them.
        BoundaryFree = "boundary_free",
        /// Dossiers of applicants who live in another province, as far as is known.
        FromElsewhere = "from_elsewhere",
        /// The busiest day.
        PeakDay = "peak_day",
        /// For each working day.
        PerDay = "per_day",
        /// For each official who took dossiers in.
        PerOfficial = "per_official",
        /// Dossiers that wait for papers.
        AwaitingPapers = "awaiting_papers",
        /// Dossiers that wait for a payment.
        AwaitingPayment = "awaiting_payment",
        /// Dossiers whose original papers somebody else holds.
        AwaitingOriginals = "awaiting_originals",
        /// Dossiers whose decision waits for a signature.
        AwaitingSignature = "awaiting_signature",
        /// Offices that are in force.
        Offices = "offices",
        /// Heads of units without a key.
        WithoutKey = "without_key",
        /// Offices that end soon.
        OfficesEnding = "offices_ending",
        /// Offices of people who have moved.
        OfficesOfMoved = "offices_of_moved",
        /// Offices of people who have left the service.
        OfficesOfLeft = "offices_of_left",
        /// Offices that name nobody's record.
        OfficesUnbound = "offices_unbound",
        /// Inventories.
        Inventories = "inventories",
        /// Inventories that are not approved yet.
        InventoriesOpen = "inventories_open",
        /// Inventories that are approved.
        InventoriesApproved = "inventories_approved",
        /// Inventories that were given up.
        InventoriesCancelled = "inventories_cancelled",
        /// Inventories that an approved one corrects.
        InventoriesCorrected = "inventories_corrected",
        /// Lines of their books.
        BookLines = "book_lines",
        /// Lines that nobody has counted.
        Uncounted = "uncounted",
        /// Lines that two counted differently.
        CountedDifferently = "counted_differently",
        /// Lines of which less is there than the books say.
        CountedShort = "counted_short",
        /// Lines of which more is there.
        CountedOver = "counted_over",
        /// Lines in another condition or state.
        CountedChanged = "counted_changed",
        /// Things that are in no book.
        FoundThings = "found_things",
        /// The cost of what is lacking, in đồng.
        CostShort = "cost_short",
        /// The cost of what is there beyond the books, in đồng.
        CostOver = "cost_over",
        /// What the found things would cost, in đồng.
        CostFound = "cost_found",
        /// Differences that nobody has settled in the books.
        Unsettled = "unsettled",
        /// Counts that the approval did not know.
        CountedLate = "counted_late",
        /// Records.
        Records = "records",
        /// Records on which officials do not disagree.
        Right = "right",
        /// Records that say what their forms ask for.
        Sufficient = "sufficient",
        /// Records beside which none stands for the same thing.
        Clean = "clean",
        /// Records that are right, sufficient and clean.
        Faultless = "faultless",
        /// Records that lack something.
        Insufficient = "insufficient",
        /// Records beside which another stands for the same thing.
        Doubled = "doubled",
        /// Nodes.
        Nodes = "nodes",
        /// Nodes that were heard.
        NodesHeard = "nodes_heard",
        /// Nodes that were not heard lately.
        NodesSilent = "nodes_silent",
        /// Nodes of which nothing was ever heard.
        NodesNeverHeard = "nodes_never_heard",
        /// Minutes since the last word of the node that is silent for the longest time.
        LongestSilence = "longest_silence",
        /// Nodes that hold other entries than this one.
        NodesBehind = "nodes_behind",
        /// Entries that others have and this node lacks.
        EntriesToGet = "entries_to_get",
        /// Entries that this node has and others lack.
        EntriesToGive = "entries_to_give",
        /// Conflicts that nobody has settled.
        OpenConflicts = "open_conflicts",
        /// Codes that several records have.
        DoubleCodes = "double_codes",
    }
}

enumeration! {
    /// What a figure is a count of, or a share of.
    Base {
        /// People in service.
        People = "people",
        /// People of the classes that a quota is set for.
        PeopleUnderQuota = "people_under_quota",
        /// Units with a quota of the year.
        UnitsWithQuota = "units_with_quota",
        /// Units.
        Units = "units",
        /// Units at work.
        OpenUnits = "open_units",
        /// Units at work with a roster.
        OpenUnitsWithRoster = "open_units_with_roster",
        /// Units that have ended.
        ClosedUnits = "closed_units",
        /// Posts that are not closed, of units at work.
        OpenPosts = "open_posts",
        /// Such posts of heads.
        HeadPosts = "head_posts",
        /// Pairs of a unit at work that has a roster, and a rule that is for it.
        RulesForUnits = "rules_for_units",
        /// Secondments whose first day lies in the period.
        Secondments = "secondments",
        /// Such secondments that are over.
        SecondmentsOver = "secondments_over",
        /// Departures whose last day lies in the period.
        Departures = "departures",
        /// Such departures that are paid in full.
        DeparturesPaid = "departures_paid",
        /// Assets in the books.
        Assets = "assets",
        /// Assets that were in the books.
        AssetsOffBooks = "assets_off_books",
        /// Assets whose residual value is known.
        AssetsWithResidual = "assets_with_residual",
        /// Assets whose wear can be counted.
        AssetsWithWear = "assets_with_wear",
        /// Handovers whose minutes are of a day in the period, and those under way.
        Handovers = "handovers",
        /// Handovers under way.
        HandoversWaiting = "handovers_waiting",
        /// Handovers in effect whose minutes are of a day in the period.
        HandoversEffective = "handovers_effective",
        /// Their lines.
        LinesEffective = "lines_effective",
        /// Dossiers handed in during the period.
        Submitted = "submitted",
        /// Dossiers taken in during the period.
        Received = "received",
        /// Those of them that were decided.
        Resolved = "resolved",
        /// Those of them for which a fee is due.
        ReceivedWithFee = "received_with_fee",
        /// The papers in them.
        Papers = "papers",
        /// Those of them with papers.
        ReceivedWithPapers = "received_with_papers",
        /// Working days of the period on which dossiers could be taken in.
        WorkingDays = "working_days",
        /// Officials who took dossiers in.
        Officials = "officials",
        /// Offices in force.
        Offices = "offices",
        /// Heads of units, by the rosters.
        Heads = "heads",
        /// People of programmes that begin in the period, by the tables that the province publishes.
        Programmes = "programmes",
        /// Names of units that people wrote into records.
        NamesWritten = "names_written",
        /// Inventories of the period, and those under way.
        Inventories = "inventories",
        /// Lines of inventories that no other corrects.
        InventoryLines = "inventory_lines",
        /// Approved inventories that no other corrects.
        InventoriesApproved = "inventories_approved",
        /// Records of units at work, people in service, assets in the books, and dossiers.
        Records = "records",
        /// Admitted nodes.
        Nodes = "nodes",
        /// Nodes with which this node has compared what both hold.
        NodesCompared = "nodes_compared",
        /// Conflicts in what this node reads.
        ConflictsHere = "conflicts_here",
    }
}

enumeration! {
    /// By what the lines of a breakdown differ.
    By {
        /// A unit.
        Unit = "unit",
        /// A unit with a quota of the year.
        QuotaUnit = "quota_unit",
        /// A kind of unit.
        UnitKind = "unit_kind",
        /// A class of service.
        Class = "class",
        /// A field of work.
        Field = "field",
        /// The field of work of a secondment.
        SecondmentField = "secondment_field",
        /// A programme of secondments.
        Programme = "programme",
        /// The unit that hosts secondees.
        Host = "host",
        /// A rating.
        Rating = "rating",
        /// Why somebody leaves.
        Ground = "ground",
        /// A staffing rule.
        Rule = "rule",
        /// A unit that has ended.
        ClosedUnit = "closed_unit",
        /// A category of assets.
        Category = "category",
        /// A condition of assets.
        Condition = "condition",
        /// The category of the circular that holds on the day.
        AssetClass = "asset_class",
        /// Where it is in its life.
        AssetState = "asset_state",
        /// What is handed over.
        HandoverKind = "handover_kind",
        /// The unit that something waits for.
        WaitingFor = "waiting_for",
        /// How far a handover has come.
        Stage = "stage",
        /// The status of a dossier.
        Status = "status",
        /// A procedure.
        Procedure = "procedure",
        /// Who holds the original of a paper.
        OriginalHeldBy = "original_held_by",
        /// A day.
        Day = "day",
        /// A role of officials.
        Role = "role",
        /// The province where applicants live.
        Province = "province",
        /// Why dossiers are late.
        Cause = "cause",
        /// How far an inventory has come.
        InventoryStage = "inventory_stage",
        /// What sort of record it is.
        RecordKind = "record_kind",
        /// What records lack.
        LackingField = "lacking_field",
        /// In which way things stand against each other.
        Conflict = "conflict",
        /// A register in which people are counted apart.
        Register = "register",
    }
}
