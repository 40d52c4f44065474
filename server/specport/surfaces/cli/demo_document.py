"""The second API of `specport demo`: small, made up, and given to `openapi.addSource` as text."""

from __future__ import annotations

TEA_HOUSE = """\
openapi: 3.1.0
info: {title: Tea House, version: "2.0"}
servers: [{url: https://api.teahouse.example/v2}]
paths:
  /teas:
    get:
      operationId: listTeas
      tags: [teas]
      description: Lists the teas of the day with how long each one steeps.
      responses:
        "200":
          description: The teas.
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Tea"}}
  /pots:
    post:
      operationId: brewPot
      tags: [pots]
      description: Puts a pot of tea on. The answer says when it is ready.
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Pot"}}
      responses:
        "201":
          description: The pot.
          content:
            application/json: {schema: {$ref: "#/components/schemas/Pot"}}
  /pots/{pot_id}:
    parameters: [{name: pot_id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getPot
      tags: [pots]
      description: Shows one pot.
      responses:
        "200":
          description: The pot.
          content:
            application/json: {schema: {$ref: "#/components/schemas/Pot"}}
        "404": {description: There is no such pot.}
    delete:
      operationId: pourPot
      tags: [pots]
      description: Pours the pot out, for good.
      responses:
        "204": {description: It is empty.}
        "404": {description: There is no such pot.}
components:
  schemas:
    Tea:
      type: object
      required: [name, minutes]
      properties:
        name: {type: string, examples: [Sencha]}
        minutes: {type: integer, minimum: 1, maximum: 10, examples: [2]}
    Pot:
      type: object
      required: [tea, cups]
      properties:
        id: {type: integer, readOnly: true}
        tea: {type: string, enum: [sencha, assam, oolong]}
        cups: {type: integer, minimum: 1, maximum: 8}
        state: {type: string, enum: [steeping, ready], readOnly: true}
"""

TOOL = "tea_house_pots_brewPot"
ARGUMENTS = {"body": {"tea": "oolong", "cups": 3}}
