import { expect, it } from "vitest";
import { Latest } from "./latest";

it("asks one question at a time, and of those that came meanwhile the newest alone", async () => {
  const asked: number[] = [];
  const newest: boolean[] = [];
  const open: (() => void)[] = [];
  const latest = new Latest<number>(async (question, isNewest) => {
    asked.push(question);
    await new Promise<void>((done) => open.push(done));
    newest.push(isNewest());
  });
  for (const question of [1, 2, 3]) latest.ask(question);
  expect(asked).toEqual([1]);
  open.shift()?.();
  await expect.poll(() => asked).toEqual([1, 3]);
  open.shift()?.();
  await expect.poll(() => newest).toEqual([false, true]);
  latest.ask(4);
  expect(asked).toEqual([1, 3, 4]);
});

it("is over for whoever asked when nothing more is asked, and asks again after that", async () => {
  const asked: number[] = [];
  const latest: Latest<number> = new Latest<number>(async (question) => {
    asked.push(question);
    await Promise.resolve();
    if (question === 1) void latest.ask(2);
  });
  await latest.ask(1);
  expect(asked).toEqual([1, 2]);
  await latest.ask(3);
  expect(asked).toEqual([1, 2, 3]);
});

it("asks when it is ready, and then the newest of what came meanwhile", async () => {
  const asked: number[] = [];
  const open: (() => void)[] = [];
  const latest = new Latest<number>(
    async (question) => void asked.push(question),
    () => new Promise<void>((done) => open.push(done)),
  );
  const over = latest.ask(1);
  latest.ask(2);
  expect(asked).toEqual([]);
  open.shift()?.();
  await over;
  expect(asked).toEqual([2]);
});
