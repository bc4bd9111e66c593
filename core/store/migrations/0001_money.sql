-- {time x}, {json x}, {bool x} are whole columns, {one_of x a b} one that holds a or b, {serial x} a growing primary key,
-- as each engine has them; so are the types {text} (compared by bytes), {int} (64 bits) and {real} (IEEE double):
-- core/store/dialect.h.

-- Fees and what pays them. Columns: tournament specification, sections 23 and 24. All amounts are RAO, 1e-9 TAO.
-- Two things must hold whatever happens, so the schema itself refuses their opposite: no balance is negative, and a
-- hotkey is charged once per tournament.

CREATE TABLE transfers (
    id {text} PRIMARY KEY,
    to_ss58 {text},
    to_hex {text},
    from_ss58 {text},
    from_hex {text},
    network {text},
    block_number {int},
    {time timestamp},
    amount_rao {int} NOT NULL CHECK (amount_rao >= 0),
    fee_rao {int},
    transaction_hash {text},
    extrinsic_id {text},
    {time created_at} NOT NULL,
    {time updated_at}
) {table};
CREATE INDEX transfers_from ON transfers (from_ss58);
CREATE INDEX transfers_timestamp ON transfers (timestamp);

CREATE TABLE coldkey_balances (
    coldkey {text} PRIMARY KEY,
    balance_rao {int} NOT NULL DEFAULT 0,
    total_sent_rao {int} NOT NULL DEFAULT 0,
    transfer_count {int} NOT NULL DEFAULT 0,
    {time last_transfer_at},
    {time created_at} NOT NULL,
    {time updated_at} NOT NULL,
    CONSTRAINT coldkey_balances_not_negative CHECK (balance_rao >= 0)
) {table};

CREATE TABLE transfer_processing_state (
    id {int} PRIMARY KEY CHECK (id = 1),
    {time last_processed_timestamp},
    last_processed_block {int},
    processing_interval_hours {int} NOT NULL DEFAULT 24,
    target_address {text},
    network {text},
    {time updated_at}
) {table};

CREATE TABLE balance_events (
    {serial id},
    tournament_id {text},
    coldkey {text} NOT NULL,
    hotkey {text},
    {one_of event_type participation_fee refund transfer_in} NOT NULL,
    amount_rao {int} NOT NULL, -- negative: taken from the balance
    description {text},
    {time created_at} NOT NULL,
    {time updated_at},
    CONSTRAINT balance_events_sign
        CHECK (CASE WHEN event_type = 'participation_fee' THEN amount_rao <= 0 ELSE amount_rao >= 0 END),
    CONSTRAINT balance_events_fee_names_who
        CHECK (event_type <> 'participation_fee' OR (tournament_id IS NOT NULL AND hotkey IS NOT NULL))
) {table};
CREATE INDEX balance_events_tournament ON balance_events (tournament_id, coldkey);
CREATE INDEX balance_events_coldkey ON balance_events (coldkey, id);
CREATE UNIQUE INDEX balance_events_fee_once ON balance_events (tournament_id, hotkey)
    WHERE event_type = 'participation_fee';
