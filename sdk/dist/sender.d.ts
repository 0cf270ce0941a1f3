import type { Outbox, Pending } from './outbox';
import type { Draft } from './wire';
interface Errands {
    post(draft: Draft): Promise<{
        id: string;
        created_at: string;
    }>;
    /** Tells whether messages are to be sent now. */
    may(): boolean;
    changed(): void;
    /** Told of a message that the hub has. */
    sent(): void;
    backoff: {
        first: number;
        most: number;
    };
}
export declare class Sender {
    private readonly outbox;
    private readonly errands;
    /** Messages that the hub has and has not told of yet, by client id. */
    readonly accepted: Map<string, {
        id: string;
        client_id?: string;
        conversation_id: string;
        author: import("../dist/schema").components["schemas"]["WebchatAuthor"];
        type: import("../dist/schema").components["schemas"]["MessageType"];
        text: string | null;
        attachments: import("../dist/schema").components["schemas"]["WebchatFile"][];
        location?: import("../dist/schema").components["schemas"]["Location"];
        contacts?: import("../dist/schema").components["schemas"]["ContactCard"][];
        choice?: import("../dist/schema").components["schemas"]["Choice"];
        buttons: import("../dist/schema").components["schemas"]["Button"][];
        list?: import("../dist/schema").components["schemas"]["ListMenu"];
        reply_to?: {
            id: string;
            text: string | null;
        };
        reactions?: string[];
        status: "received" | "sent" | "delivered" | "read";
        created_at: import("../dist/schema").components["schemas"]["Timestamp"];
        edited_at: import("../dist/schema").components["schemas"]["Timestamp"] | null;
        deleted_at: import("../dist/schema").components["schemas"]["Timestamp"] | null;
    }>;
    /** The client id of the message that is being sent. */
    sending: string;
    /** Tells whether that message waits for another attempt. */
    stuck: boolean;
    private busy;
    private wake;
    constructor(outbox: Outbox, errands: Errands);
    put(pending: Pending): void;
    /** Tries at once what waits for another attempt. */
    hurry(): void;
    /** The hub has told of a message, whoever sent it: this tab or another one. */
    arrived(clientID: string): Promise<void>;
    /** Sends until nothing is on its way. */
    flush(): Promise<void>;
    private pause;
    private next;
    /** Sends one message; answers how long the hub asks to wait before it is sent again, -1 when it is done with. */
    private post;
}
export {};
