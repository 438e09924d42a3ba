"""The session log: what was said in every interview, durable and append-only, and how a damaged log is mended."""

from mockinterview.storage.log import REPAIR_HINT, Found, SessionStore, SessionSummary, new_session_id
from mockinterview.storage.mend import Repair, repair

__all__ = ["REPAIR_HINT", "Found", "Repair", "SessionStore", "SessionSummary", "new_session_id", "repair"]
