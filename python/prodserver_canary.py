"""A message that a worker sends to itself: it comes back only where the worker consumes.

Serves prodserver_vitals. The canary has a queue of its own, and no task: nothing of it
is registered, routed, logged, counted or shown as a task. Only on brokers where a private
queue is cheap and leaves nothing behind, and only by ways that cannot harm what the
worker itself consumes by; in doubt there is none.
"""
from __future__ import annotations

import os
import time
import uuid
from typing import Any, Callable

from prodserver_report import quiet

INTERVAL = 10.0
# A canary may be lost with what the broker forgets, so others follow, but they must not pile up.
MOST_OUT = 6
# How long one call to the broker may take, and how long Redis keeps what nobody fetched.
TIMEOUT, EXPIRY = 2, 60


class AmqpPerch:
    """RabbitMQ: an exclusive queue, gone with its connection. A channel of its own, since a
    refusal closes the channel it is told on."""

    def __init__(self, consumer: Any, queue: str, answer: Callable) -> None:
        from kombu import Consumer, Queue
        self.queue, self.is_blocked = queue, False
        # Not the consumer's connection: a RabbitMQ that is short of memory stops reading from
        # those that publish, and then acknowledgements would wait as well.
        # Without heartbeats: nobody would send them while all slots are taken.
        self.publisher = consumer.connection.clone(heartbeat=0, transport_options={
            **(consumer.connection.transport_options or {}), "confirm_publish": False,
            "read_timeout": TIMEOUT, "write_timeout": TIMEOUT,
            "on_blocked": lambda *_: self.block(True), "on_unblocked": lambda *_: self.block(False)})
        own = Queue(queue, durable=False, exclusive=True, auto_delete=True, no_ack=True)
        self.channel = consumer.connection.channel()
        Consumer(self.channel, queues=[own], no_ack=True, on_message=answer).consume()

    def block(self, is_blocked: bool) -> None:
        self.is_blocked = is_blocked

    def can_answer(self) -> bool:
        return True

    def fly(self) -> None:
        channel = published_by(self.publisher)
        try:
            channel.connection.drain_events(timeout=0)  # where it is told that it is blocked
        except TimeoutError:
            pass
        if self.is_blocked:
            raise ConnectionError("blocked")
        publish(channel, self.queue)

    def leave(self) -> None:
        self.publisher.release()


class RedisPerch:
    """Redis: the worker's own channel, since what it fetches by is what is in question."""

    def __init__(self, consumer: Any, queue: str, answer: Callable) -> None:
        from kombu import Consumer, Queue
        self.queue, self.channel = queue, consumer.task_consumer.channel
        self.publisher = consumer.connection.clone(transport_options={
            **(consumer.connection.transport_options or {}), "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT, "retry_on_timeout": False})
        # A user who may not touch this key would have the whole fetch refused for it.
        self.key = f"{getattr(self.channel, 'global_keyprefix', '') or ''}{queue}"
        self.redis().llen(self.key)
        self.redis().expire(self.key, EXPIRY)
        own = Queue(queue, durable=False, no_ack=True)
        Consumer(self.channel, queues=[own], no_ack=True, on_message=answer).consume()

    def redis(self) -> Any:
        from redis import Redis
        return Redis(connection_pool=published_by(self.publisher).pool)

    def can_answer(self) -> bool:
        """It does not fetch while it holds as much as it may: tasks that wait for their rate."""
        return self.channel.qos.can_consume()

    def fly(self) -> None:
        publish(published_by(self.publisher), self.queue)
        self.redis().expire(self.key, EXPIRY)

    def leave(self) -> None:
        self.redis().delete(self.key)
        self.publisher.release()


PERCHES = {("kombu.transport.redis", "redis"): RedisPerch, ("kombu.transport.pyamqp", "amqp"): AmqpPerch}


def published_by(connection: Any) -> Any:
    """The one channel of a connection that is made, or made anew, here."""
    connection.connect()
    return connection.default_channel


def publish(channel: Any, queue: str) -> None:
    message = channel.prepare_message(
        "canary", content_type="text/plain", content_encoding="utf-8", properties={"delivery_mode": 1})
    channel.basic_publish(message, exchange="", routing_key=queue)


class Canary:
    """Those of one worker, through all its connections."""

    def __init__(self, answered: Callable) -> None:
        self.is_wanted = os.environ.pop("PRODSERVER_CANARY", None) != "off"
        self.perch: Any = None
        self.is_able = False
        self.told_first = answered
        self.answered, self.out = 0, 0
        self.since: float | None = None
        self.looked = self.sent = float("-inf")

    @quiet
    def settle(self, consumer: Any) -> None:
        """For the life of one connection of the consumer."""
        self.perch, self.is_able, self.out, self.since = None, False, 0, None
        self.looked = self.sent = float("-inf")
        transport = consumer.connection.transport
        perch = PERCHES.get((type(transport).__module__, transport.driver_type))
        if perch is not None and self.is_wanted:
            self.perch = perch(consumer, f"prodserver.{consumer.hostname}.{uuid.uuid4().hex[:12]}", self.answer)
            self.is_able = True

    @quiet
    def leave(self, in_order: bool) -> None:
        perch, self.perch, self.since = self.perch, None, None
        if perch is not None and in_order:
            perch.leave()
        elif perch is not None:
            perch.publisher.collect()

    def answer(self, _message: Any) -> None:
        self.answered += 1
        self.out, self.since = 0, None
        if self.answered == 1:
            self.told_first()

    @quiet
    def look(self, is_free: bool, period: float) -> None:
        """Sends one where it is time. One that is out ages only while the worker could fetch it:
        its loop turns, a slot is free, and it holds less than it may."""
        if self.perch is None:
            return
        now = time.monotonic()
        turns, self.looked = now - self.looked < 2 * period, now
        can_answer = is_free and self.perch.can_answer()
        if self.since is not None and not (turns and can_answer):
            self.since = now
        if can_answer and self.out < MOST_OUT and now - self.sent >= INTERVAL:
            self.send(now)

    def send(self, now: float) -> None:
        # Before it flies: on a green pool it may be back before it is sent.
        self.sent, self.out = now, self.out + 1
        if self.since is None:
            self.since = now
        try:
            self.perch.fly()
        except Exception:
            self.out, self.since = 0, None
            quiet(self.perch.publisher.collect)()
            if not self.answered:
                self.perch, self.is_able = None, False

    def age(self) -> float | None:
        """Up to when the loop last turned: one that is held up answers nothing."""
        since = self.since
        return None if since is None else round(max(0.0, self.looked - since), 3)

    def count(self) -> int | None:
        return self.answered if self.is_able else None
