"""What a framework makes of the same task: FastAPI and httpx, streaming both ways, for scale only."""

import os

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()
client = httpx.AsyncClient(
    base_url=f"http://127.0.0.1:{os.environ['ENGINE_PORT']}",
    timeout=None,
    limits=httpx.Limits(max_connections=None, max_keepalive_connections=512),
)
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD"]
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@app.get("/health")
async def health():
    return {"status": "healthy"}


@app.api_route("/{path:path}", methods=METHODS)
async def forward(request: Request, path: str):
    fields = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
    body = request.stream() if request.method == "POST" else None
    sent = client.build_request(request.method, f"/{path}", headers=fields, content=body)
    reply = await client.send(sent, stream=True)
    kept = {k: v for k, v in reply.headers.items() if k.lower() not in HOP_BY_HOP}
    return StreamingResponse(
        reply.aiter_raw(), status_code=reply.status_code, headers=kept, background=None
    )
