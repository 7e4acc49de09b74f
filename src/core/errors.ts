/**
 * Why a definition, an artifact or a call was refused. One comment a code; messages name the path.
 */
export type ErrorCode =
  /** Two definitions contradict each other, or one names something that does not exist. Stops the start. */
  | 'invalid_definition'
  /** A stored page, record or artifact does not have the format it claims. The last good one keeps serving. */
  | 'invalid_format'
  /** A model artifact that this use case cannot score with. */
  | 'model_rejected'
  /** A receipt that was not signed by a key of ours, or was changed. */
  | 'bad_receipt'
  /** Something could not be made durable; sent again, it counts once. */
  | 'not_durable'

/** The one error class of the definitions and formats; `code` tells the family, `message` names the path. */
export class EdgewheelError extends Error {
  override readonly name = 'EdgewheelError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
