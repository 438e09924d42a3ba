"""The session log: what was said in every interview, durable and append-only, how a damaged log is mended; and single files."""

from mockinterview.storage.files import write_whole
from mockinterview.storage.log import REPAIR_HINT, Found, SessionStore, SessionSummary, new_session_id
from mockinterview.storage.mend import Repair, repair

__all__ = ["REPAIR_HINT", "Found", "Repair", "SessionStore", "SessionSummary", "new_session_id", "repair", "write_whole"]
