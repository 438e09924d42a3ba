"""The terminal app: three screens over one interview. The only part that knows Textual.

`app`, `start`, `frame`, `choice`, `core` paint the first frame and import nothing heavy; the rest comes once that is on screen.
"""
