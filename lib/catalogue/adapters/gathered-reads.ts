/** How reads are gathered. */
export interface Gathering<Question, Answer> {
  /** Answers several at once, in their order. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** What a question counts. */
  readonly weightOf: (question: Question) => number;
  /** The most that questions of several callers count together. */
  readonly most: number;
}

interface Waiting<Question, Answer> {
  readonly questions: readonly Question[];
  readonly resolve: (answers: Answer[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Gathers what is asked for in one turn of the event loop, whoever asks, so that it travels as one command. Nothing waits longer for that: until the
 * turn has ended nothing would be sent.
 */
export class GatheredReads<Question, Answer> {
  readonly #gathering: Gathering<Question, Answer>;
  #waiting: Waiting<Question, Answer>[] = [];
  #weight = 0;

  constructor(gathering: Gathering<Question, Answer>) {
    this.#gathering = gathering;
  }

  /** The answers in the order of the questions; also without any it is found out whether one can ask. */
  read(questions: readonly Question[]): Promise<Answer[]> {
    const { weightOf, most } = this.#gathering;
    const weight = questions.reduce((sum, question) => sum + weightOf(question), 0);
    if (this.#weight + weight > most) this.#send();
    return new Promise((resolve, reject) => {
      // Behind all that goes on in this turn, which may ask for more: ticks run when no promise is left to be told.
      if (this.#waiting.length === 0) queueMicrotask(() => process.nextTick(() => this.#send()));
      this.#waiting.push({ questions, resolve, reject });
      this.#weight += weight;
    });
  }

  #send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#weight = 0;
    if (waiting.length === 0) return;
    this.#gathering.ask(waiting.flatMap(({ questions }) => questions)).then(
      (answers) => {
        let at = 0;
        for (const { questions, resolve } of waiting) {
          resolve(answers.slice(at, at + questions.length));
          at += questions.length;
        }
      },
      (error: unknown) => {
        for (const { reject } of waiting) reject(error);
      },
    );
  }
}
