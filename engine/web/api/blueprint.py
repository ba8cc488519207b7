"""The blueprints all operations hang on, with their guard at the door and their way of refusing."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from werkzeug.exceptions import HTTPException

from engine.errors import Refusal
from engine.web.api.door import API, HEALTH, look_at_request, say_pace
from engine.web.api.problems import of_failure, of_refusal

NUMBER = "<string(maxlength=32):number>"
TASK = "<int:task_id>"
DOCUMENT = "<int:document_id>"
PARTY = "<int:party_id>"

api = APIBlueprint(API, "engine.web.api", url_prefix="/api/v1")
health = APIBlueprint(HEALTH, "engine.web.api.health")

for each in (api, health):
    each.before_request(look_at_request)
    each.after_request(say_pace)
    each.register_error_handler(Refusal, of_refusal)
    each.register_error_handler(HTTPException, of_failure)
